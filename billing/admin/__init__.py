"""The office of finance: it looks, and it records by the same functions as everything else (X4)."""

from billing.admin import balances, invoices, payments, plans  # noqa: F401 - registers their pages
