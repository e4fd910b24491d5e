from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='LogCursor',
            fields=[
                ('name', models.CharField(max_length=16, primary_key=True, serialize=False)),
                ('position', models.BigIntegerField(default=0)),
                ('gaps', models.JSONField(default=list)),
            ],
        ),
        migrations.CreateModel(
            name='LogEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('trace_id', models.CharField(max_length=16)),
                ('connection_id', models.CharField(blank=True, default='', max_length=16)),
                ('product_key', models.CharField(blank=True, max_length=64)),
                ('device_name', models.CharField(blank=True, max_length=64)),
                ('client_id', models.CharField(blank=True, max_length=64)),
                ('service_type', models.CharField(choices=[('registration', 'Dynamic registration'), ('device', 'Device behaviour'), ('uplink', 'Device to cloud'), ('subscribe', 'Subscription'), ('management', 'Management')], max_length=16)),
                ('operation', models.CharField(max_length=24)),
                ('code', models.CharField(max_length=8)),
                ('reason', models.CharField(max_length=32)),
                ('address', models.GenericIPAddressField(null=True)),
                ('detail', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['device_name', '-id'], name='log_by_device'), models.Index(fields=['product_key', '-id'], name='log_by_product'), models.Index(condition=models.Q(('code', '200'), _negated=True), fields=['reason', '-id'], name='log_by_reason'), models.Index(condition=models.Q(models.Q(('code', '200'), _negated=True), models.Q(('operation', 'offline'), _negated=True)), fields=['product_key', 'at'], name='log_refused'), models.Index(condition=models.Q(models.Q(('service_type', 'registration'), _negated=True), models.Q(('service_type', 'device'), _negated=True)), fields=['service_type', '-id'], name='log_by_rare_type'), models.Index(fields=['client_id', '-id'], name='log_by_client_id'), models.Index(fields=['trace_id', 'id'], name='log_by_story'), models.Index(fields=['at'], name='log_by_time')],
            },
        ),
        migrations.CreateModel(
            name='LogTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hour', models.DateTimeField()),
                ('product_key', models.CharField(blank=True, max_length=20)),
                ('operation', models.CharField(max_length=24)),
                ('reason', models.CharField(max_length=32)),
                ('count', models.PositiveBigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['product_key', 'operation', 'hour'], name='tally_by_product')],
                'constraints': [models.UniqueConstraint(fields=('hour', 'product_key', 'operation', 'reason'), name='tally_once')],
            },
        ),
    ]
