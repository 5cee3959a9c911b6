"""The product's settings, for tests: nothing is written outside a temporary folder, and nothing is slow."""

import atexit
import os
import shutil
import tempfile

os.environ["DEBUG"] = "1"
os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="quince-tests-")
atexit.register(shutil.rmtree, os.environ["VAR_DIR"], ignore_errors=True)
for _name in ("DEMO", "EMAIL_URL", "SITE_URL", "INBOX_URL", "INBOUND_PROVIDER", "MAIL_AUTHSERV_ID"):
    os.environ[_name] = ""
os.environ["SITE_URL"] = "http://127.0.0.1:8000"

from config.settings import *  # noqa: E402, F403

# Redis, where there is one: under a prefix of this process, so that nothing else in it is touched.
if not REDIS_URL:  # noqa: F405
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
else:
    CACHES["default"]["BACKEND"] = "tests.caches.OwnRedisCache"
CACHES["default"]["KEY_PREFIX"] = f"tests-{os.getpid()}"
# Nobody waits for the disk: a test database outlives no power cut.
if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":  # noqa: F405
    DATABASES["default"]["OPTIONS"]["options"] += " -c synchronous_commit=off"  # noqa: F405
# Whoever knocks at every door is no program gone wild; a test of the limit sets its own.
API_REQUESTS_A_MINUTE = 1_000_000
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# No lot is drawn but where a test sets it: what happens does not depend on chance.
SECOND_LOOK_PERCENT = 0
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
# Static files are found where they are written: nothing is collected for a test.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
