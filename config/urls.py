"""Every address of the product."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.utils.translation import gettext_lazy as _
from django.views.generic import RedirectView
from django.views.static import serve

from billing.views import payments, sandbox
from config import health, views
from mail.webhooks import provider_webhook

# Staff sign in where everybody does: throttled, and with their second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = _("Quince office")
admin.site.index_title = _("What there is to do")

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("robots.txt", views.robots, name="robots"),
    path("", views.home, name="home"),
    path("accounts/data/", views.own_data, name="personal_data"),
    path("accounts/data/copy/", views.own_data_copy, name="personal_data_copy"),
    path("accounts/close/", views.close_own_account, name="close_account"),
    path("accounts/", include("allauth.urls")),
    path("api/v1/", include("config.api_urls")),
    path("i18n/setlang/", views.set_language, name="set_language"),
    # One page for a password, which tells its owner when it was changed.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("business/", include("profiles.urls")),
    path("account/", include("billing.urls")),
    path("", include("marketplace.urls")),
    path("guarantee/", include("guarantees.urls")),
    path("support/", include("support.urls")),
    path("dev/mail/", include("mail.urls")),
    path("dev/pay/<uuid:public_id>/", sandbox.page, name="sandbox"),
    path("payments/webhooks/<slug:code>/", payments.webhook, name="payment_webhook"),
    path("mail/inbound/", provider_webhook, name="mail_webhook"),
]
if settings.SERVE_MEDIA:
    urlpatterns.append(path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}, name="media"))
