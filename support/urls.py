from django.urls import path

from support.views import agreements, tickets
from support.views.desk import answering, handling, logging, replies, screen
from support.views.desk import ticket as desk_ticket

app_name = "support"
urlpatterns = [
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/<uuid:public_id>/", agreements.agreement, name="agreement"),
    path(
        "agreements/<uuid:public_id>/<int:number>/document/",
        agreements.agreement_document,
        name="agreement_document",
    ),
    path("tickets/<uuid:public_id>/", tickets.ticket, name="ticket"),
    path("desk/", screen.desk, name="desk"),
    path("desk/replies/", replies.replies, name="replies"),
    path("desk/replies/new/", replies.new_reply, name="new_reply"),
    path("desk/replies/<uuid:public_id>/", replies.reply, name="reply"),
    path("desk/replies/<uuid:public_id>/remove/", replies.remove, name="remove_reply"),
    path("desk/<uuid:public_id>/", desk_ticket.ticket, name="desk_ticket"),
    path("desk/<uuid:public_id>/looking/", desk_ticket.looking, name="desk_looking"),
    path("desk/<uuid:public_id>/files/<uuid:file_id>/", desk_ticket.file, name="desk_file"),
    path("desk/<uuid:public_id>/mail/<uuid:message_id>/", desk_ticket.raw_mail, name="desk_mail"),
    path("desk/<uuid:public_id>/agreement/", desk_ticket.document, name="desk_agreement"),
    path("desk/<uuid:public_id>/answer/", answering.answer, name="desk_answer"),
    path("desk/<uuid:public_id>/note/", answering.note, name="desk_note"),
    path("desk/<uuid:public_id>/no-answer/<uuid:message_id>/", answering.no_answer, name="desk_no_answer"),
    path("desk/<uuid:public_id>/work/", logging.log, name="desk_work"),
    path("desk/<uuid:public_id>/work/<uuid:work_id>/", logging.take_back, name="desk_take_back"),
    path("desk/<uuid:public_id>/take/", handling.take, name="desk_take"),
    path("desk/<uuid:public_id>/hand-over/", handling.give, name="desk_hand_over"),
    path("desk/<uuid:public_id>/put-back/", handling.release, name="desk_put_back"),
    path("desk/<uuid:public_id>/place/", handling.place, name="desk_place"),
    path("desk/<uuid:public_id>/close/", handling.close, name="desk_close"),
    path("desk/<uuid:public_id>/reopen/", handling.reopen, name="desk_reopen"),
    path("desk/<uuid:public_id>/merge/", handling.merge, name="desk_merge"),
    path("quotes/<uuid:public_id>/", agreements.quote, name="quote"),
    path("quotes/<uuid:public_id>/document/", agreements.quote_document, name="quote_document"),
    path("quotes/<uuid:public_id>/accept/", agreements.accept, name="accept_quote"),
    path("quotes/<uuid:public_id>/decline/", agreements.decline, name="decline_quote"),
]
