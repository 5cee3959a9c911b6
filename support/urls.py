from django.urls import path

from support.views import agreements, desk, library, mails, questions, tickets

app_name = "support"
urlpatterns = [
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/<uuid:public_id>/", agreements.agreement, name="agreement"),
    path(
        "agreements/<uuid:public_id>/<int:number>/document/",
        agreements.agreement_document,
        name="agreement_document",
    ),
    path("ask/", questions.ask, name="ask"),
    path("ask/sent/", questions.asked, name="asked"),
    path("questions/<str:token>/", questions.question, name="question"),
    path("questions/<str:token>/confirm/", questions.confirm, name="confirm_question"),
    path("questions/<str:token>/erase/", questions.erase, name="erase_question"),
    path("questions/<str:token>/files/<uuid:file>/", questions.question_file, name="question_file"),
    path("questions/<str:token>/reply/", questions.reply, name="reply_to_question"),
    path("tickets/", tickets.tickets, name="tickets"),
    path("tickets/new/", tickets.new_ticket, name="open_ticket"),
    path("tickets/<uuid:public_id>/", tickets.ticket, name="ticket"),
    path("tickets/<uuid:public_id>/close/", tickets.close, name="close_ticket"),
    path("tickets/<uuid:public_id>/files/<uuid:file>/", tickets.ticket_file, name="ticket_file"),
    path("tickets/<uuid:public_id>/rate/", tickets.rate, name="rate_ticket"),
    path("tickets/<uuid:public_id>/say/", tickets.say_more, name="say_more"),
    path("desk/<uuid:public_id>/", desk.ticket, name="desk_ticket"),
    path("messages/<uuid:public_id>/html/", mails.message_html, name="message_html"),
    path("quotes/<uuid:public_id>/", agreements.quote, name="quote"),
    path("quotes/<uuid:public_id>/document/", agreements.quote_document, name="quote_document"),
    path("quotes/<uuid:public_id>/accept/", agreements.accept, name="accept_quote"),
    path("quotes/<uuid:public_id>/decline/", agreements.decline, name="decline_quote"),
    path("library/", library.library, name="library"),
    path("library/search/", library.search_library, name="library_search"),
    path("library/suggestions/", library.suggestions, name="suggestions"),
    path("library/topic/<slug:slug>/", library.topic, name="library_topic"),
    path("library/<slug:slug>/", library.article, name="article"),
    path("library/<slug:slug>/helpful/", library.helpful, name="library_helpful"),
]
