"""The product's settings, for tests: nothing is written outside a temporary folder, and nothing is slow."""

import os
import tempfile

os.environ["DEBUG"] = "1"
# Removed when the run ends, for the object lives as long as this module.
_folder = tempfile.TemporaryDirectory(prefix="quince-tests-")
os.environ["VAR_DIR"] = _folder.name
for _name in ("DEMO", "EMAIL_URL", "SITE_URL"):
    os.environ[_name] = ""
os.environ["SITE_URL"] = "http://127.0.0.1:8000"

from config.settings import *  # noqa: E402, F403

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
# Static files are found where they are written: nothing is collected for a test.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
