"""Settings, all from the environment (or `DATA_DIR/secrets.env`, written at first run).

docs/settings.md lists every name that an operator may set.
"""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF

from common.ops.env import EnvReader

BASE_DIR = Path(__file__).resolve().parent.parent
env = EnvReader()

# --- Where data lives ---------------------------------------------------------------------
DATA_DIR = env.path("DATA_DIR", default=BASE_DIR / "var")
if (DATA_DIR / "secrets.env").is_file():
    environ.Env.read_env(DATA_DIR / "secrets.env")

# Of each of the three the first key is used, and those behind it, with commas, are still accepted.
SECRET_KEY, SECRET_KEY_FALLBACKS = env.key_and_older("SECRET_KEY")
# Encrypt ProductSecret, DeviceSecret and the like at rest.
FIELD_KEYS = env.secrets("FIELD_KEYS")
# Keys the digests of one-time codes, so that the stored digest of six digits cannot be searched.
CODE_DIGEST_KEY, CODE_DIGEST_KEY_FALLBACKS = env.key_and_older("CODE_DIGEST_KEY")

DEBUG = env.boolean("DEBUG", default=False)

# --- Addresses ----------------------------------------------------------------------------
HTTP_PORT = env.integer("HTTP_PORT", default=8000, low=1, high=65535)
HTTP_HOST = env.text("HTTP_HOST", default="127.0.0.1")
MQTTS_PORT = env.integer("MQTTS_PORT", default=8883, low=0, high=65535)
MQTTS_HOST = env.text("MQTTS_HOST", default="0.0.0.0")  # noqa: S104 - devices come from outside
MQTT_PORT = env.integer("MQTT_PORT", default=1883, low=0, high=65535)
MQTT_HOST = env.text("MQTT_HOST", default="127.0.0.1")
# The plain port counts as TLS because only a proxy that terminates TLS can reach it.
MQTT_BEHIND_TLS_PROXY = env.boolean("MQTT_BEHIND_TLS_PROXY", default=False)
# The plain port takes only connections from these networks, each beginning with a PROXY header.
MQTT_PROXY_PROTOCOL = env.boolean("MQTT_PROXY_PROTOCOL", default=False)
MQTT_PROXY_NETWORKS = env.networks("MQTT_PROXY_NETWORKS", default=("127.0.0.0/8", "::1/128"))
# Registration and the API over TLS, without the console; 0 turns it off.
HTTPS_PORT = env.integer("HTTPS_PORT", default=8443, low=0, high=65535)
HTTPS_HOST = env.text("HTTPS_HOST", default="0.0.0.0")  # noqa: S104 - devices come from outside
# /metrics, /healthz and /readyz of the listener; 0 turns it off.
METRICS_PORT = env.integer("METRICS_PORT", default=0, low=0, high=65535)
METRICS_HOST = env.text("METRICS_HOST", default="127.0.0.1")
# /metrics of the console, of the HTTPS server and of the worker. Each process has a port: the first
# of the console's has this one, the next the one after it.
HTTP_METRICS_PORT = env.integer("HTTP_METRICS_PORT", default=0, low=0, high=65535)
HTTPS_METRICS_PORT = env.integer("HTTPS_METRICS_PORT", default=0, low=0, high=65535)
WORKER_METRICS_PORT = env.integer("WORKER_METRICS_PORT", default=0, low=0, high=65535)
# What a device is told to connect to, and what the certificates are made out to.
PUBLIC_HOST = env.text("PUBLIC_HOST", default=socket.gethostname())
CERTIFICATE_NAMES = env.words("CERTIFICATE_NAMES", default=())
MQTT_TLS_PROFILE = env.choice("MQTT_TLS_PROFILE", ("compat", "modern"), default="compat")

CONSOLE_URL = env.text("CONSOLE_URL", default=f"http://localhost:{HTTP_PORT}").rstrip("/")
_console = urlsplit(CONSOLE_URL)
_served_over_tls = _console.scheme == "https"
ALLOWED_HOSTS = env.words(
    "ALLOWED_HOSTS", default=(_console.hostname or "localhost", "localhost", "127.0.0.1", "[::1]")
)
CSRF_TRUSTED_ORIGINS = [CONSOLE_URL]
ENVIRONMENT_NAME = env.text("ENVIRONMENT_NAME", default="")

# --- Applications -------------------------------------------------------------------------
INSTALLED_APPS = [
    *("iotconsole", "common", "operators", "products", "logs", "jobs", "devices"),
    *("imports", "findings", "registration", "brokers", "mqtt"),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "django.contrib.staticfiles",
    "django_otp",
    "django_htmx",
    "template_partials",
    "django_filters",
    "phonenumber_field",
    "bootstrap",
    "lucide",
]

MIDDLEWARE = [
    "common.web.request_id.TraceMiddleware",
    "iotconsole.request_metrics.RequestsMeter",
    "common.web.security_headers.HeadersMiddleware",
    "iotconsole.machine_endpoints.MachineEndpoints",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "iotconsole.body_limits.BodyLimits",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "operators.session_middleware.SessionSeen",
    "operators.preferences.PreferencesMiddleware",
    "common.web.htmx.SignInAgainMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "products.access.OnlyOwnProducts",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "iotconsole.urls"
WSGI_APPLICATION = "iotconsole.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "iotconsole.context_processors.console",
            ],
        },
    },
]

# --- Database -----------------------------------------------------------------------------
DATABASES = {"default": env.database(f"sqlite:///{DATA_DIR / 'iotconsole.sqlite3'}")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Operators ----------------------------------------------------------------------------
# Keeps a digest of the session key in place of the key.
SESSION_ENGINE = "operators.session_store"
AUTH_USER_MODEL = "operators.Operator"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["operators.hashers.OneAtATimePBKDF2"]
LOGIN_URL = "operators:sign_in"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "operators:sign_in"

SMS_BACKEND = env.choice("SMS_BACKEND", ("console", "twilio", "memory"), default="console")
# A provider that does not answer must not hold a web worker for long.
SMS_TIMEOUT_SECONDS = env.integer("SMS_TIMEOUT_SECONDS", default=10, low=1, high=60)
TWILIO_ACCOUNT_SID = env.text("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN = env.secret("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM = env.text("TWILIO_FROM", default="")
# Only for a compatible gateway or a test: the real one is the library's default.
TWILIO_API_URL = env.text("TWILIO_API_URL", default="")
PHONENUMBER_DEFAULT_REGION = env.text("PHONE_DEFAULT_REGION", default="CN")
PHONENUMBER_DB_FORMAT = "E164"
# For so long after a code, dangerous acts of the same session ask for no other one.
CONFIRMATION_FRESH_SECONDS = env.integer(
    "CONFIRMATION_FRESH_SECONDS", default=300, low=30, high=3600
)

# --- Registration and connections ----------------------------------------------------------
# An unclaimed ClientID older than this gives its slot to a new one (rules.md 4.3).
UNCLAIMED_CLIENT_ID_SECONDS = env.integer("UNCLAIMED_CLIENT_ID_SECONDS", default=600, low=1)
# Refused attempts in one minute before repeated ones are turned away unread and the others are not
# logged one by one.
FAILURES_PER_ADDRESS = env.integer("FAILURES_PER_ADDRESS", default=600, low=1)
FAILURES_PER_PRODUCT = env.integer("FAILURES_PER_PRODUCT", default=3000, low=1)
FAILURES_PER_DEVICE = env.integer("FAILURES_PER_DEVICE", default=30, low=1)
# Calls of the RPC API that one access key may make in a second, by action; `*` is every other
# action, 0 no limit. Without a word here, what the platform documents.
API_LIMITS = env.numbers("API_LIMITS")
# How long the Log Service keeps entries; the worker deletes older ones.
LOG_RETENTION_DAYS = env.integer("LOG_RETENTION_DAYS", default=30, low=1, high=36500)
# The largest list of devices that may be uploaded.
BATCH_FILE_MB = env.integer("BATCH_FILE_MB", default=20, low=1, high=200)
FILE_UPLOAD_HANDLERS = ["common.web.uploads.BoundedUploadHandler"]
# Findings: what is taken for a sign of clones or of a leaked secret.
# Two addresses under one credential, the first one again within so many minutes.
FINDING_SHARED_MINUTES = env.integer("FINDING_SHARED_MINUTES", default=10, low=1, high=1440)
# So many takeovers of one device within so many minutes.
FINDING_TAKEOVERS = env.integer("FINDING_TAKEOVERS", default=5, low=2)
FINDING_TAKEOVER_MINUTES = env.integer("FINDING_TAKEOVER_MINUTES", default=10, low=1, high=1440)
# So many registrations of one product in an hour, and so many times its busiest hour of a week.
FINDING_BURST_PER_HOUR = env.integer("FINDING_BURST_PER_HOUR", default=100, low=2)
FINDING_BURST_FACTOR = env.integer("FINDING_BURST_FACTOR", default=5, low=1)
# A ClientID issued so many hours ago that never connected.
FINDING_UNUSED_HOURS = env.integer("FINDING_UNUSED_HOURS", default=24, low=1, high=87600)
MAX_CONNECTIONS = env.integer("MAX_CONNECTIONS", default=16000, low=1)
MAX_UNAUTHENTICATED = env.integer("MAX_UNAUTHENTICATED", default=5000, low=1)
MAX_UNAUTHENTICATED_PER_ADDRESS = env.integer(
    "MAX_UNAUTHENTICATED_PER_ADDRESS", default=2500, low=1
)

# --- Brokers ------------------------------------------------------------------------------
# Each broker has a secret of its own, with which it asks whether a device may connect. It opens
# the questions of this broker alone; without one the broker is not answered.
BROKER_WEBHOOK_SECRETS = {
    "rabbitmq": env.secrets("RABBITMQ_WEBHOOK_SECRET", default=""),
    "emqx": env.secrets("EMQX_WEBHOOK_SECRET", default=""),
    "nanomq": env.secrets("NANOMQ_WEBHOOK_SECRET", default=""),
    "mosquitto": env.secrets("MOSQUITTO_WEBHOOK_SECRET", default=""),
}
env.retired(
    "BROKER_WEBHOOK_SECRET",
    "It was one secret for all brokers. Set RABBITMQ_WEBHOOK_SECRET, EMQX_WEBHOOK_SECRET, "
    "NANOMQ_WEBHOOK_SECRET or MOSQUITTO_WEBHOOK_SECRET, each to a value of its own; one of them "
    "may keep the old value.",
)
BROKER_WEBHOOK_NETWORKS = env.networks(
    "BROKER_WEBHOOK_NETWORKS", default=("127.0.0.0/8", "::1/128")
)
# The virtual host of devices.
RABBITMQ_VHOST = env.text("RABBITMQ_VHOST", default="/")
# Where the worker has connections closed.
RABBITMQ_MANAGEMENT_URL = env.url("RABBITMQ_MANAGEMENT_URL")
RABBITMQ_MANAGEMENT_USER = env.text("RABBITMQ_MANAGEMENT_USER", default="")
RABBITMQ_MANAGEMENT_PASSWORD = env.secret("RABBITMQ_MANAGEMENT_PASSWORD", default="")
EMQX_API_URL = env.url("EMQX_API_URL")
EMQX_API_KEY = env.text("EMQX_API_KEY", default="")
EMQX_API_SECRET = env.secret("EMQX_API_SECRET", default="")

# --- Security -----------------------------------------------------------------------------
SECURE_SSL_REDIRECT = _served_over_tls
SECURE_HSTS_SECONDS = 31_536_000 if _served_over_tls else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = _served_over_tls
SECURE_HSTS_PRELOAD = _served_over_tls
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _served_over_tls
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if env.boolean("BEHIND_TLS_PROXY", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # Bootstrap's form controls carry their icons as data: URLs
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

# --- Language and time --------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# Groups thousands by a comma in every language.
FORMAT_MODULE_PATH = "iotconsole.formats"
LANGUAGE_COOKIE_AGE = 31_536_000
LANGUAGE_COOKIE_SECURE = _served_over_tls
# Of an operator who has chosen none, in a browser that has told none.
TIME_ZONE = env.text("TIME_ZONE", default="UTC")
USE_TZ = True

# --- Static files -------------------------------------------------------------------------
# They are for the console's own pages.
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- Logging ------------------------------------------------------------------------------
LOG_LEVEL = env.choice("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), default="INFO")
LOG_FORMAT = env.choice("LOG_FORMAT", ("line", "json"), default="line")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "common.ops.logs.Lines"},
        "json": {"()": "common.ops.logs.JsonLines"},
    },
    "filters": {"refusals": {"()": "common.ops.logs.RefusalsWithoutTraceback"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["refusals"],
        }
    },
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    # SQL at DEBUG would print every parameter, secrets among them.
    "loggers": {"django.db.backends": {"level": "INFO"}, "twilio": {"level": "WARNING"}},
}
