"""Addresses that only take what a form sends."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods


def post_or_back_to(page: str) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponse]]:
    """For a view that takes POST alone: who comes by GET, as after signing in anew because their session had ended, is
    led to the page named `page` of the same thing, which the first argument of the address names."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def posted(request: HttpRequest, **named: Any) -> HttpResponse:
            if request.method == "POST":
                return view(request, **named)
            return redirect(page, next(iter(named.values())))

        return require_http_methods(["GET", "HEAD", "POST"])(posted)

    return decorate


def to_top_of(page: str, **named: Any) -> HttpResponse:
    """Leads to the top of the page named `page`, where it says what was done. Where an answer brings no fragment of its
    own a browser keeps that of the form's address, which is there for a refusal beside its field."""
    return redirect(f"{reverse(page, kwargs=named)}#main")
