from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("devices", "0001_initial")]

    operations = [
        migrations.RemoveIndex(model_name="logentry", name="log_by_trace"),
        migrations.AddField(
            model_name="logentry",
            name="connection_id",
            field=models.CharField(blank=True, default="", max_length=16),
        ),
        migrations.AddIndex(
            model_name="logentry",
            index=models.Index(fields=["trace_id", "id"], name="log_by_story"),
        ),
    ]
