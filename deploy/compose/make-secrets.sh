#!/bin/sh
# Makes secrets/ beside this file, once: passwords, and what holds them for RabbitMQ.
set -eu
cd "$(dirname "$0")"
if [ -e secrets ]; then
    echo 'secrets/ is there already; nothing was changed.' >&2
    exit 1
fi

# 32 characters that need no quoting anywhere.
secret() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

umask 077
mkdir secrets
# Containers read these files under accounts of their own; the directory keeps others out.
umask 022
database=$(secret) broker=$(secret) rabbitmq=$(secret)
printf %s "$database" >secrets/database_password
printf %s "postgres://iotconsole:$database@postgres:5432/iotconsole" >secrets/database_url
printf %s "$broker" >secrets/broker_webhook_secret
printf %s "$rabbitmq" >secrets/rabbitmq_password
{
    sed -e "s|127.0.0.1:8002|haproxy:8002|; s|/SECRET/|/$broker/|; s|= PASSWORD|= $rabbitmq|" \
        ../rabbitmq/90-site.conf
    echo 'management.tcp.ip = 0.0.0.0'
} >secrets/90-site.conf
