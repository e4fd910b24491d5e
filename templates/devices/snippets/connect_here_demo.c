{% autoescape off %}/* Registers once over MQTT, then connects with what it was given.
 *   output/connect-here-demo DEVICE_NAME            preregistration-free (regnwl)
 *   output/connect-here-demo DEVICE_NAME register   pre-registration: add the DeviceName first
 */
#include <stdio.h>
#include <string.h>

#include "aiot_dynregmq_api.h"
#include "aiot_mqtt_api.h"
#include "aiot_state_api.h"
#include "aiot_sysdep_api.h"

static char *host = "{{ host }}";
static uint16_t port = {{ port }};
static char *product_key = "{{ product_key }}";
static char *product_secret = "{{ product_secret }}";
static const char ca[] ={% for line in ca_lines %}
    "{{ line }}\n"{% empty %}
    ""  /* this server's ca.pem */{% endfor %};

extern aiot_sysdep_portfile_t g_aiot_sysdep_portfile;

/* What registration answers. Keep it in flash: a device registers once. */
static char device_secret[64];
static char client_id[128], username[128], password[64];

static int32_t on_log(int32_t code, char *message)
{
    printf("%s", message);
    return 0;
}

static void on_registered(void *handle, const aiot_dynregmq_recv_t *packet, void *userdata)
{
    if (packet->type == AIOT_DYNREGMQRECV_DEVICEINFO_WL) {
        snprintf(device_secret, sizeof(device_secret), "%s", packet->data.deviceinfo_wl.device_secret);
    } else if (packet->type == AIOT_DYNREGMQRECV_DEVICEINFO_NWL) {
        snprintf(client_id, sizeof(client_id), "%s", packet->data.deviceinfo_nwl.clientid);
        snprintf(username, sizeof(username), "%s", packet->data.deviceinfo_nwl.username);
        snprintf(password, sizeof(password), "%s", packet->data.deviceinfo_nwl.password);
    }
}

static int32_t enrol(char *device_name, uint8_t preregistration_free, aiot_sysdep_network_cred_t *cred)
{
    int32_t res;
    void *handle = aiot_dynregmq_init();

    aiot_dynregmq_setopt(handle, AIOT_DYNREGMQOPT_HOST, host);
    aiot_dynregmq_setopt(handle, AIOT_DYNREGMQOPT_PORT, &port);
    aiot_dynregmq_setopt(handle, AIOT_DYNREGMQOPT_NETWORK_CRED, cred);
    aiot_dynregmq_setopt(handle, AIOT_DYNREGMQOPT_PRODUCT_KEY, product_key);
    aiot_dynregmq_setopt(handle, AIOT_DYNREGMQOPT_PRODUCT_SECRET, product_secret);
    aiot_dynregmq_setopt(handle, AIOT_DYNREGMQOPT_DEVICE_NAME, device_name);
    aiot_dynregmq_setopt(handle, AIOT_DYNREGMQOPT_NO_WHITELIST, &preregistration_free);
    aiot_dynregmq_setopt(handle, AIOT_DYNREGMQOPT_RECV_HANDLER, (void *)on_registered);

    res = aiot_dynregmq_send_request(handle);
    if (res >= STATE_SUCCESS) {
        res = aiot_dynregmq_recv(handle);
    }
    aiot_dynregmq_deinit(&handle);
    return res;
}

int main(int argc, char *argv[])
{
    int32_t res;
    void *mqtt;
    aiot_sysdep_network_cred_t cred;
    char *device_name = argc > 1 ? argv[1] : "device-0001";
    uint8_t preregistration_free = !(argc > 2 && strcmp(argv[2], "register") == 0);

    aiot_sysdep_set_portfile(&g_aiot_sysdep_portfile);
    aiot_state_set_logcb(on_log);

    memset(&cred, 0, sizeof(cred));
    cred.option = AIOT_SYSDEP_NETWORK_CRED_SVRCERT_CA;
    cred.max_tls_fragment = 16384;
    cred.sni_enabled = 1;
    cred.x509_server_cert = ca;
    cred.x509_server_cert_len = strlen(ca);

    res = enrol(device_name, preregistration_free, &cred);
    if (res < STATE_SUCCESS) {
        printf("registration failed: -0x%04X; Log Service tells why\n", -res);
        return 1;
    }

    mqtt = aiot_mqtt_init();
    aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_HOST, host);
    aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_PORT, &port);
    aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_NETWORK_CRED, &cred);
    if (preregistration_free) {
        aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_CLIENTID, client_id);
        aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_USERNAME, username);
        aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_PASSWORD, password);
    } else {
        aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_PRODUCT_KEY, product_key);
        aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_DEVICE_NAME, device_name);
        aiot_mqtt_setopt(mqtt, AIOT_MQTTOPT_DEVICE_SECRET, device_secret);
    }
    res = aiot_mqtt_connect(mqtt);
    if (res < STATE_SUCCESS) {
        printf("connection failed: -0x%04X; Log Service tells why\n", -res);
        return 1;
    }
    printf("%s is online\n", device_name);
    while (1) {
        aiot_mqtt_process(mqtt);
        aiot_mqtt_recv(mqtt);
    }
}{% endautoescape %}
