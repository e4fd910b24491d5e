"""Where a RabbitMQ node of our own keeps everything, so that it shares nothing with another."""

import os
from pathlib import Path


def node_environment(directory: Path, *, distribution_port: int, epmd_port: int) -> dict[str, str]:
    """For the node and its port mapper. In `directory`: conf.d, advanced.config, enabled_plugins
    and, for the cluster's cookie, home."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(directory / "home"),
        "LANG": "C.UTF-8",
        "ERL_EPMD_PORT": str(epmd_port),
        "RABBITMQ_NODENAME": f"node{epmd_port}@localhost",
        "RABBITMQ_DIST_PORT": str(distribution_port),
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_CONFIG_FILES": str(directory / "conf.d"),
        "RABBITMQ_CONFIG_FILE": str(directory / "none"),
        "RABBITMQ_ADVANCED_CONFIG_FILE": str(directory / "advanced.config"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(directory / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(directory / "data"),
        "RABBITMQ_LOG_BASE": str(directory / "log"),
        "RABBITMQ_LOGS": "-",
        # Its script then becomes the node, instead of a shell in front of it.
        "RUNNING_UNDER_SYSTEMD": "true",
    }
