"""The roles of staff are groups; each app says what a role may do in it, and migrating makes it so."""

from typing import Any

from django.apps import AppConfig

from base.registry import roles


def give_roles_their_permissions(sender: AppConfig, using: str, **kwargs: Any) -> None:
    """Adds to each role's group what `sender`'s app grants it. Takes nothing away that an operator added."""
    from django.contrib.auth.models import Group, Permission

    for role, granted in roles.items():
        codenames = {name.split(".")[1] for name in granted if name.startswith(f"{sender.label}.")}
        if not codenames:
            continue
        group, _ = Group.objects.using(using).get_or_create(name=role)
        found = Permission.objects.using(using).filter(
            content_type__app_label=sender.label, codename__in=codenames
        )
        missing = codenames - {permission.codename for permission in found}
        if missing:
            raise LookupError(f"Role {role}: no such permission in {sender.label}: {sorted(missing)}")
        group.permissions.add(*found)
