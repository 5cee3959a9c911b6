"""What every template may use."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    return {
        "DEMO": settings.DEMO,
        "APPEALS_ADDRESS": settings.APPEALS_ADDRESS,
        "CLAIMS_ADDRESS": settings.CLAIMS_ADDRESS,
    }
