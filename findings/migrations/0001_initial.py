import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('devices', '0001_initial'),
        ('products', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Finding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('shared', 'Shared credential'), ('flapping', 'Takeover flapping'), ('client_ids', 'Multiple ClientIDs'), ('burst', 'Registration burst'), ('budget', 'Budget nearly used up'), ('unused', 'ClientID never connected')], max_length=12)),
                ('state', models.CharField(choices=[('open', 'Open'), ('dismissed', 'Dismissed'), ('resolved', 'Resolved')], default='open', max_length=10)),
                ('device_name', models.CharField(blank=True, max_length=32)),
                ('client_id', models.CharField(blank=True, max_length=64)),
                ('first_seen', models.DateTimeField()),
                ('last_seen', models.DateTimeField()),
                ('evidence', models.JSONField(default=dict)),
                ('closed_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('device', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='findings', to='devices.device')),
                ('product', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='findings', to='products.product')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['state', '-id'], name='finding_by_state'), models.Index(fields=['product', 'state', '-id'], name='finding_by_product')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'resolved'), _negated=True), fields=('kind', 'product', 'device_name', 'client_id'), name='finding_once')],
            },
        ),
    ]
