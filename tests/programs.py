"""Programs that ask the API with a key."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from profiles.api_keys import create_key
from profiles.models import User
from profiles.models.keys import Scope


def make_key(user: User, *scopes: str, **said: Any):
    """A key of theirs and the whole of it; without `scopes` it may do everything."""
    said = {"name": "CRM", "expires_at": None, "form_id": uuid.uuid4(), "now": timezone.now()} | said
    return create_key(user=user, scopes=scopes or Scope.values, **said)


@dataclass
class Program:
    """`program_of(pro)` asks with a key of its owner."""

    shown: str
    language: str = "en"

    def ask(self, method: str, path: str, data: Any = None, **headers: str) -> HttpResponse:
        headers = {"Authorization": f"Bearer {self.shown}", "Accept-Language": self.language} | headers
        # Whoever is wrong is told, and what fails here is a fault of ours.
        return Client().generic(
            method,
            f"/api/v1/{path}",
            data if isinstance(data, str | bytes) else _json(data),
            content_type="application/json",
            headers=headers,
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.ask("GET", path, **headers)

    def post(self, path: str, data: Any, *, name: str = "", **headers: str) -> HttpResponse:
        return self.ask("POST", path, data, **headers, **({"Idempotency-Key": name} if name else {}))

    def put(self, path: str, data: Any) -> HttpResponse:
        return self.ask("PUT", path, data)

    def delete(self, path: str) -> HttpResponse:
        return self.ask("DELETE", path)


def program_of(who: Any, *scopes: str) -> Program:
    return Program(make_key(getattr(who, "owner", who), *scopes)[1])


def _json(data: Any) -> str:
    import json

    return "" if data is None else json.dumps(data, default=str)
