from django.urls import path

from support.views import agreements, calls, desk, exchange, home, tickets

app_name = "support"
urlpatterns = [
    path("", home.home, name="home"),
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/<uuid:public_id>/", agreements.agreement, name="agreement"),
    path(
        "agreements/<uuid:public_id>/<int:number>/document/",
        agreements.agreement_document,
        name="agreement_document",
    ),
    path("tickets/<uuid:public_id>/", tickets.ticket, name="ticket"),
    path("desk/<uuid:public_id>/", desk.ticket, name="desk_ticket"),
    path("desk/calls/", calls.calls, name="calls"),
    path("desk/calls/new/", calls.new_call, name="log_call"),
    path("desk/calls/clients/", calls.find_client, name="find_client"),
    path("desk/calls/<uuid:public_id>/", calls.call, name="call"),
    path("desk/calls/<uuid:public_id>/client/", calls.link, name="link_call"),
    path("desk/in-session/", calls.begin, name="begin_session"),
    path("desk/in-session/end/", calls.end, name="end_session"),
    path("telephone/events/", exchange.events, name="exchange"),
    path("quotes/<uuid:public_id>/", agreements.quote, name="quote"),
    path("quotes/<uuid:public_id>/document/", agreements.quote_document, name="quote_document"),
    path("quotes/<uuid:public_id>/accept/", agreements.accept, name="accept_quote"),
    path("quotes/<uuid:public_id>/decline/", agreements.decline, name="decline_quote"),
]
