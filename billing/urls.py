from django.urls import path, register_converter

from billing.views import balance, invoices, payments, plans, statements

register_converter(statements.MonthConverter, "month")

app_name = "billing"
urlpatterns = [
    path("", balance.overview, name="overview"),
    path("top-up/", payments.top_up, name="top_up"),
    path("payments/<uuid:public_id>/", payments.payment, name="payment"),
    path("plans/", plans.plans, name="plans"),
    path("plans/<slug:code>/", plans.contract, name="contract"),
    path("cancel/", plans.cancel, name="cancel"),
    path("keep/", plans.keep, name="keep"),
    path("statement/", statements.choose, name="statements"),
    path("statement/<month:month>/", statements.statement, name="statement"),
    path("statement/<month:month>/csv/", statements.statement_csv, name="statement_csv"),
    path("statement/<month:month>/pdf/", statements.statement_pdf, name="statement_pdf"),
    path("invoices/", invoices.invoices, name="invoices"),
    path("invoices/<int:year>/csv/", invoices.invoices_csv, name="invoices_csv"),
    path("invoices/<uuid:public_id>/", invoices.invoice, name="invoice"),
    path("invoices/<uuid:public_id>/pdf/", invoices.invoice_pdf, name="invoice_pdf"),
    path("credit-notes/<uuid:public_id>/", invoices.credit_note, name="credit_note"),
    path("credit-notes/<uuid:public_id>/pdf/", invoices.credit_note_pdf, name="credit_note_pdf"),
    path("invoices/<uuid:public_id>/pay/", payments.pay, name="pay"),
    path("invoice-details/", invoices.details, name="details"),
]
