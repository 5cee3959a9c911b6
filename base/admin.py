"""What every page of the office stands on."""

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from simple_history.admin import SimpleHistoryAdmin

# What the links of Django's filters put after a column's name.
_ENDINGS = (
    "", "__exact", "__id__exact", "__isnull", "__isempty", "__in",
    "__gt", "__gte", "__lt", "__lte", "__year", "__month", "__day",
)  # fmt: skip


class OfficeAdmin(admin.ModelAdmin):
    """A list that answers no question but those which its filters ask.

    Django lets an address ask anything of a list's own columns, whether they are shown or not
    (`?password__startswith=…`, `?text__contains=…`), and so read them out letter by letter.
    """

    # Questions that links elsewhere ask of this list, whole: "wallet__id__exact".
    linked_lookups: ClassVar[tuple[str, ...]] = ()

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest | None = None) -> bool:
        if lookup in self.linked_lookups:
            return True
        filters = self.get_list_filter(request) if request is not None else self.list_filter
        columns = [self.date_hierarchy] if self.date_hierarchy else []
        for each in filters:
            if isinstance(each, type) and issubclass(each, admin.SimpleListFilter):
                if lookup == each.parameter_name:
                    return True
            else:
                columns.append(str(each[0] if isinstance(each, (list, tuple)) else each))
        return any(lookup == column + ending for column in columns for ending in _ENDINGS)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """As Django's, which fails where a form says that its row is found by no column at all."""
        return super().get_object(request, object_id, from_field or None)

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """As Django's, which asks the database also for what no column holds."""
        if any("\0" in said for values in request.GET.lists() for said in values[1]):
            raise IncorrectLookupParameters
        try:
            return super().get_changelist_instance(request)
        except OverflowError as error:  # A year that no calendar has.
            raise IncorrectLookupParameters from error


class OfficeHistoryAdmin(OfficeAdmin, SimpleHistoryAdmin):
    """The same, with every version of a row kept and shown (X4)."""

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        self._refuse_unless_seen(request, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        self._refuse_unless_seen(request, object_id)
        self._refuse_unless_id(version_id)
        # The library writes what is posted here, whoever may only look, and past the functions that write it.
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        return super().history_form_view(request, object_id, version_id, extra_context)

    def _refuse_unless_seen(self, request: HttpRequest, object_id: str) -> None:
        """Of a row that is kept from the reader, its versions are too; those of one that was deleted stay."""
        self._refuse_unless_id(object_id)
        pk = unquote(object_id)
        if self.model._default_manager.filter(pk=pk).exists():
            found(self.get_queryset(request), pk)

    def _refuse_unless_id(self, text: str) -> None:
        try:
            self.opts.pk.to_python(text)
        except ValidationError as error:
            raise Http404 from error


def found(rows: QuerySet[Any], object_id: Any) -> Any:
    """The row that an address of the office names. Raises Http404, also if what it names is no id."""
    try:
        return get_object_or_404(rows, pk=unquote(str(object_id)))
    except ValueError as error:
        raise Http404 from error
