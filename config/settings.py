"""Settings, read from the environment; every name is listed in docs/settings.md."""

from datetime import timedelta
from pathlib import Path

import environ
from celery.schedules import crontab
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")

# Everything the product writes while it runs, unless the environment names a server for it.
VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", default=False)
# Loads nothing by itself: it shows the page of sent mails and the list of people who can sign in.
DEMO = env.bool("DEMO", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="for-development-only" * 3 if DEBUG else "")
if not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Set it in the environment, or DEBUG=1 for development."
    )
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "base",
    "mail",
    "profiles",
    "billing",
    "marketplace",
    "support",
    "guarantees",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.sitemaps",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",  # Its templates, for the forms' renderer to find beside ours.
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "phonenumber_field",
    "simple_history",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "config",  # Last: after every app has migrated, it gives the roles their permissions.
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "profiles.middleware.BodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "profiles.middleware.ReaderMiddleware",
    "support.middleware.DeskClockMiddleware",
    "profiles.middleware.BrowserMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "base.middleware.RefusalMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "config.context.site",
            ],
        },
    },
]
FORM_RENDERER = "config.forms.QuinceFormRenderer"

# Database: one file until DATABASE_URL names a server.
DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'quince.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # IMMEDIATE takes the write lock when a transaction begins: SQLite has no row locks, so this is the lock.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("DATABASE_CONNECTION_SECONDS", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    # A page asks for some hundred rows by conditions of which each looks costly to the planner; compiling them took ten
    # times as long as finding the rows.
    DATABASES["default"].setdefault("OPTIONS", {}).setdefault("options", "-c jit=off")

# Sign-in throttling counts in the cache, so it must be one that all processes share.
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
else:
    CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.db.DatabaseCache",
            "LOCATION": "cache",
            # Beyond these, keys are thrown out at random: whoever fills it must not empty what counts their attempts.
            "OPTIONS": {"MAX_ENTRIES": 20_000},
        }
    }

# Parts of pages that {% cache %} keeps, in each process's own memory: finding them asks nobody.
CACHES["template_fragments"] = {
    "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
    "LOCATION": "template_fragments",
    "OPTIONS": {"MAX_ENTRIES": 5_000},
}

# Tasks: without Redis the broker is a folder. The database is the schedule (X3): a lost task delays, never loses.
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
else:
    CELERY_BROKER_URL = "filesystem://"
    _broker = {name: VAR_DIR / "broker" / name for name in ("queue", "processed", "control")}
    for folder in _broker.values():
        folder.mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_broker["queue"]),
        "data_folder_out": str(_broker["queue"]),
        "processed_folder": str(_broker["processed"]),
        "control_folder": str(_broker["control"]),
        "store_processed": False,
    }
CELERY_TASK_DEFAULT_QUEUE = "quince"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = 600
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
CELERY_BEAT_SCHEDULE = {
    # Expires: while no worker runs, what was asked for in vain is not asked again a hundred times.
    "send mail": {
        "task": "mail.send_due_mail",
        "schedule": timedelta(seconds=5),
        "options": {"expires": 5},
    },
    "clear sent mail": {"task": "mail.clear_old_mail", "schedule": crontab(minute=17, hour=9)},
    "poll mailbox": {
        "task": "mail.poll_mailbox",
        "schedule": timedelta(seconds=60),
        "options": {"expires": 60},
    },
    "handle incoming mail": {
        "task": "mail.handle_incoming",
        "schedule": timedelta(seconds=10),
        "options": {"expires": 10},
    },
    "clear incoming mail": {"task": "mail.clear_incoming", "schedule": crontab(minute=27, hour=9)},
    "check first contacts": {"task": "marketplace.check_first_contacts", "schedule": timedelta(minutes=1)},
    "remove unconfirmed requests": {"task": "marketplace.remove_unconfirmed", "schedule": crontab(minute=29)},
    "announce leads": {
        "task": "marketplace.announce_leads",
        "schedule": timedelta(seconds=20),
        "options": {"expires": 20},
    },
    "send digests": {"task": "marketplace.send_digests", "schedule": timedelta(minutes=10)},
    "expire leads": {"task": "marketplace.expire_leads", "schedule": crontab(minute="*/10")},
    "process payments": {"task": "billing.process_payments", "schedule": timedelta(minutes=1)},
    "renew plans": {"task": "billing.renew_plans", "schedule": crontab(minute=5)},
    "anonymise leads": {"task": "marketplace.anonymise_leads", "schedule": crontab(minute=37, hour=10)},
    "remind of reviews": {"task": "marketplace.remind_of_reviews", "schedule": crontab(minute=23)},
    "forget searches": {"task": "support.forget_searches", "schedule": crontab(minute=51, hour=10)},
    "forget networks": {"task": "profiles.forget_networks", "schedule": crontab(minute=47, hour=10)},
    "forget repeated requests": {
        "task": "profiles.forget_repeated_requests",
        "schedule": crontab(minute=43, hour=10),
    },
    # From two in the morning where the marketplace is; whoever missed it, in the next hour.
    "count guarantee": {"task": "guarantees.count_guarantee", "schedule": crontab(minute=51, hour="8-23")},
    # By day where the marketplace is: a reminder wakes nobody.
    "remind of invoices": {
        "task": "billing.remind_of_invoices",
        "schedule": crontab(minute=35, hour="15-23"),
    },
    # As soon as it is day there, then again for what the day has moved.
    "remind of the guarantee": {
        "task": "guarantees.remind_of_guarantee",
        "schedule": crontab(minute=5, hour="15,19,23"),
    },
    "remind homeowners": {
        "task": "guarantees.remind_homeowners",
        "schedule": crontab(minute=13, hour="15-23"),
    },
    "remind of sessions": {
        "task": "support.remind_of_sessions",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "look for answers that did not arrive": {
        "task": "support.undelivered",
        "schedule": timedelta(minutes=5),
        "options": {"expires": 300},
    },
    "expire questions": {"task": "support.expire_questions", "schedule": crontab(minute=19)},
    "forget questions": {"task": "support.forget_questions", "schedule": crontab(minute=53, hour=9)},
    "log exchange calls": {"task": "support.log_exchange_calls", "schedule": timedelta(minutes=1)},
    "forget callers": {"task": "support.forget_callers", "schedule": crontab(minute=57, hour=10)},
    "check response times": {
        "task": "support.check_response_times",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 60},
    },
    "sign earlier plans": {"task": "support.sign_earlier_plans", "schedule": crontab(minute=33)},
    "take earlier credits": {"task": "support.take_earlier_credits", "schedule": crontab(minute=39)},
    "sweep pictures": {"task": "profiles.sweep_pictures", "schedule": crontab(minute=43, hour=10)},
}

# People
AUTH_USER_MODEL = "profiles.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
ACCOUNT_ADAPTER = "profiles.accounts.AccountAdapter"
ACCOUNT_SIGNUP_FORM_CLASS = "profiles.account_forms.SignupForm"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_EMAIL_NOTIFICATIONS = True  # A changed password or address is told to its owner.
ACCOUNT_REAUTHENTICATION_REQUIRED = (
    True  # A known address can act for the account (G12): adding one asks who it is.
)
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key"}
# Behind this many proxies of ours, the client's address is read from what they add; with none, as it comes.
ALLAUTH_TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", default=0)
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Quince"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
ACCOUNT_LOGOUT_REDIRECT_URL = "home"

# Languages and time (X1, X2)
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("es-mx", _("Spanish")), ("it", _("Italian"))]
# What the public pages speak to whoever says no language, as search engines do.
PUBLIC_LANGUAGE = env.str("PUBLIC_LANGUAGE", default="es-mx")
if PUBLIC_LANGUAGE not in dict(LANGUAGES):
    raise ImproperlyConfigured("PUBLIC_LANGUAGE is none of the site's languages: see docs/settings.md.")
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "config.formats"
USE_I18N = True
USE_TZ = True
MARKETPLACE_TIME_ZONE = env.str("MARKETPLACE_TIME_ZONE", default="America/Mexico_City")
TIME_ZONE = MARKETPLACE_TIME_ZONE
CURRENCY = env.str("CURRENCY", default="MXN")
PHONENUMBER_DEFAULT_REGION = env.str("PHONE_REGION", default="MX")
LANGUAGE_COOKIE_SAMESITE = "Lax"

# Files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(VAR_DIR / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media")))
# Photos are handed out by the product itself; a busy site lets the server in front of it do that.
SERVE_MEDIA = env.bool("SERVE_MEDIA", default=DEBUG)
# Pictures that only some may see. Never below MEDIA_ROOT, nor handed out by the server in front.
PRIVATE_ROOT = Path(env.str("PRIVATE_ROOT", default=str(VAR_DIR / "private")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
PHOTO_MAX_BYTES = env.int("PHOTO_MAX_BYTES", default=12 * 1024 * 1024)
PHOTO_MAX_PIXELS = env.int("PHOTO_MAX_PIXELS", default=50_000_000)
PHOTOS_PER_PROFESSIONAL = env.int("PHOTOS_PER_PROFESSIONAL", default=200)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024  # Of each of a request's files; the rest waits on the disk.

# Mail: without a server, every mail is written as an .eml file, which the page of sent mails shows.
MAIL_FOLDER = VAR_DIR / "mail"
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    vars().update(env.email_url_config(EMAIL_URL))
else:
    EMAIL_BACKEND = "mail.backends.EmlBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Quince <hola@quince.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
APPEALS_ADDRESS = env.str("APPEALS_ADDRESS", default="apelaciones@quince.example")
CLAIMS_ADDRESS = env.str("CLAIMS_ADDRESS", default="garantia@quince.example")
# Where clients write to the desk; each ticket has an address of its own, with a part behind a +.
DESK_ADDRESS = env.str("DESK_ADDRESS", default="soporte@quince.example")

# Mail in: by `manage.py receive_mail` from the mail server, from a mailbox, or from a provider's webhook.
INBOX_URL = env.str("INBOX_URL", default="")
INBOUND_PROVIDER = env.str("INBOUND_PROVIDER", default="")
ANYMAIL = {"WEBHOOK_SECRET": env.str("INBOUND_WEBHOOK_SECRET", default="")}
if INBOUND_PROVIDER:
    # What some providers sign with besides.
    ANYMAIL[f"{INBOUND_PROVIDER.upper()}_WEBHOOK_SIGNING_KEY"] = env.str("INBOUND_SIGNING_KEY", default="")
INBOX_MAX_BYTES = env.int("INBOX_MAX_BYTES", default=26_214_400)
INBOX_KEEP_DAYS = env.int("INBOX_KEEP_DAYS", default=30)
# How many mails of one sender are taken in within 24 hours without a person's looking.
INBOX_MAILS_A_DAY = env.int("INBOX_MAILS_A_DAY", default=50)
if INBOX_MAILS_A_DAY < 1:
    raise ImproperlyConfigured("INBOX_MAILS_A_DAY is less than one mail: see docs/settings.md.")
# Whose word on a sender is believed: how our mail server begins its Authentication-Results.
MAIL_AUTHSERV_ID = env.str("MAIL_AUTHSERV_ID", default="")
# Addresses of ours besides those above: what comes from one of them is our own mail, come back.
OWN_ADDRESSES = env.list("OWN_ADDRESSES", default=[])
# Who may take a mail, in order: the first that does has it; what none takes is listed.
MAIL_ROUTES = [
    "guarantees.by_mail.take_claim_mail",
    "guarantees.by_mail.take_appeal_mail",
    "support.by_mail.take_desk_mail",
]

# Business settings
TAX_RATE_BASIS_POINTS = env.int("TAX_RATE_BASIS_POINTS", default=1600)  # 16 %
INVOICE_DUE_DAYS = env.int("INVOICE_DUE_DAYS", default=7)
# Printed on every invoice (M14), and where bank transfers go (M10). A live site has its own (billing.E007).
OF_THE_DEMONSTRATION = {
    "SELLER_NAME": "Quince Demostración, S.A. de C.V.",
    "SELLER_TAX_ID": "QDE260115AB6",
    "SELLER_ADDRESS": "Av. de los Membrillos 15, 06700 Ciudad de México",
    "BANK_NAME": "Banco de Demostración",
    "BANK_ACCOUNT": "000 000 00000000000 0",
}
SELLER_NAME = env.str("SELLER_NAME", default=OF_THE_DEMONSTRATION["SELLER_NAME"])
SELLER_TAX_ID = env.str("SELLER_TAX_ID", default=OF_THE_DEMONSTRATION["SELLER_TAX_ID"])
SELLER_ADDRESS = env.str("SELLER_ADDRESS", default=OF_THE_DEMONSTRATION["SELLER_ADDRESS"])
BANK_NAME = env.str("BANK_NAME", default=OF_THE_DEMONSTRATION["BANK_NAME"])
BANK_ACCOUNT = env.str("BANK_ACCOUNT", default=OF_THE_DEMONSTRATION["BANK_ACCOUNT"])
# Payments online (M10): stripe, test (a page of our own that plays the bank; no money moves), or none.
PAYMENT_GATEWAY = env.str("PAYMENT_GATEWAY", default="test" if DEBUG or DEMO else "none")
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env.str(
    "STRIPE_API_BASE", default=""
)  # Where its library is to call instead, for trying it out.
# Where the forms that start a payment may send on to.
PAYMENT_HOSTS = env.list(
    "PAYMENT_HOSTS", default=["https://checkout.stripe.com"] if PAYMENT_GATEWAY == "stripe" else []
)
# The least that is paid online: a gateway takes nothing below (Stripe: 10 MXN), and a transfer is always possible.
PAY_ONLINE_MIN_CENTS = env.int("PAY_ONLINE_MIN_CENTS", default=10_00)
TOP_UP_MIN_CENTS = env.int("TOP_UP_MIN_CENTS", default=100_00)
TOP_UP_MAX_CENTS = env.int("TOP_UP_MAX_CENTS", default=50_000_00)
TOP_UP_SUGGESTED_CENTS = env.list("TOP_UP_SUGGESTED_CENTS", cast=int, default=[500_00, 1_000_00, 2_000_00])
LEAD_PLACES = env.int("LEAD_PLACES", default=4)
# The refund above which whoever decides a claim has given none of its verdicts (G18). Unset: never asked for.
GUARANTEE_FOUR_EYES_ABOVE = env.int("GUARANTEE_FOUR_EYES_ABOVE", default=None)  # cents
# Of a hundred decided claims, how many are drawn for a second look by another reviewer (G25).
SECOND_LOOK_PERCENT = env.int("SECOND_LOOK_PERCENT", default=5)
if not 0 <= SECOND_LOOK_PERCENT <= 100:
    raise ImproperlyConfigured("SECOND_LOOK_PERCENT is not between 0 and 100: see docs/settings.md.")

# The support desk: whose clock it works by (X1), whose public holidays it keeps, and how long its working day is (S2).
DESK_TIME_ZONE = env.str("DESK_TIME_ZONE", default="Europe/Rome")
DESK_COUNTRY = env.str("DESK_COUNTRY", default="IT")
DESK_REGION = env.str("DESK_REGION", default="")
DESK_STANDARD_DAY_MINUTES = env.int("DESK_STANDARD_DAY_MINUTES", default=480)
# Who is written to, besides the desk lead, when the time of a ticket that nobody has taken runs out (S9): the team
# perhaps. Empty: nobody.
DESK_TEAM_ADDRESS = env.str("DESK_TEAM_ADDRESS", default="")
# The largest PDF that is kept with a quote or an agreement.
DESK_DOCUMENT_MAX_BYTES = env.int("DESK_DOCUMENT_MAX_BYTES", default=10 * 1024 * 1024)
# Where clients call, as the desk's page shows it; empty: nowhere. And what a telephone exchange that tells us of calls
# signs with: one secret, or two while the one replaces the other.
DESK_PHONE = env.str("DESK_PHONE", default="+39 06 1234 0015" if DEBUG or DEMO else "")
DESK_CALLS_SECRETS = env.list("DESK_CALLS_SECRETS", default=[])
# Files that are sent with one message on the web: how many, and how large each may be.
DESK_FILES_AT_MOST = env.int("DESK_FILES_AT_MOST", default=10)
DESK_FILE_MAX_BYTES = env.int("DESK_FILE_MAX_BYTES", default=10 * 1024 * 1024)
# All that one account may send there within 24 hours.
DESK_FILES_A_DAY_MAX_BYTES = env.int("DESK_FILES_A_DAY_MAX_BYTES", default=200 * 1024 * 1024)
# For how long a question of somebody who is no client is kept after it was closed (X5).
DESK_QUESTIONS_KEPT_DAYS = env.int("DESK_QUESTIONS_KEPT_DAYS", default=365)
if DESK_QUESTIONS_KEPT_DAYS < 1:
    raise ImproperlyConfigured("DESK_QUESTIONS_KEPT_DAYS is less than a day: see docs/settings.md.")

# Logging: what happens goes to standard output, what goes wrong to standard error.
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "filters": {
        "below_warning": {"()": "config.logs.BelowWarning"},
        "patterns": {"()": "config.logs.AddressesAsPatterns"},
    },
    "handlers": {
        "happens": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stdout",
            "formatter": "line",
            "filters": ["below_warning", "patterns"],
        },
        "wrong": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "level": "WARNING",
            "filters": ["patterns"],
        },
    },
    "root": {"handlers": ["happens", "wrong"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"level": LOG_LEVEL, "handlers": [], "propagate": True},
        # A page that does not exist, or is not for this reader, is nothing that went wrong.
        "django.request": {"level": "ERROR"},
        # That a task arrived, which its own line says again when it is done.
        "celery.worker.strategy": {"level": "WARNING"},
        # That a broker which is a folder has no host.
        "kombu.connection": {"level": "ERROR"},
    },
}

# Security
HTTPS_ONLY = env.bool("HTTPS_ONLY", default=not DEBUG)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS_ONLY
# Where a proxy ends the https, it says so in this header. Believed only where there is one: else anybody could say it.
PROXY_SAYS_HTTPS = env.bool("PROXY_SAYS_HTTPS", default=ALLAUTH_TRUSTED_PROXY_COUNT > 0)
if PROXY_SAYS_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_SSL_REDIRECT = HTTPS_ONLY
# Whoever watches over the process asks it directly, without https.
SECURE_REDIRECT_EXEMPT = ["^healthz$", "^readyz$"]
# Browsers that have been here come back by https alone, for so long.
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if HTTPS_ONLY else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = env.bool("HSTS_SUBDOMAINS", default=False)
SESSION_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF, *PAYMENT_HOSTS],
    }
}

# The API: keys alone, JSON alone; how each answer is made is in base/api.py and profiles/api.py.
API_REQUESTS_A_MINUTE = env.int("API_REQUESTS_A_MINUTE", default=120)
if API_REQUESTS_A_MINUTE < 1:
    raise ImproperlyConfigured("API_REQUESTS_A_MINUTE is less than one request: see docs/settings.md.")
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["profiles.api_access.KeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["profiles.api_access.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["profiles.api_access.Throttle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "base.api.answer_error",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Quince",
    "DESCRIPTION": "Leads, contacts and the guarantee of the marketplace; tickets and agreements of the support desk.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    "SWAGGER_UI_DIST": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "base.api.document_errors",
    ],
}

PHONENUMBER_DB_FORMAT = "E164"
SIMPLE_HISTORY_REVERT_DISABLED = True
