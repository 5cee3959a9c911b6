"""The addresses of the consultants' desk, under /support/desk/."""

from django.urls import path

from support.views import calls
from support.views.desk import answering, handling, logging, offers, replies, screen, ticket

urlpatterns = [
    path("", screen.desk, name="desk"),
    path("calls/", calls.calls, name="calls"),
    path("calls/new/", calls.new_call, name="log_call"),
    path("calls/clients/", calls.find_client, name="find_client"),
    path("calls/<uuid:public_id>/", calls.call, name="call"),
    path("calls/<uuid:public_id>/client/", calls.link, name="link_call"),
    path("in-session/", calls.begin, name="begin_session"),
    path("in-session/end/", calls.end, name="end_session"),
    path("replies/", replies.replies, name="replies"),
    path("replies/new/", replies.new_reply, name="new_reply"),
    path("replies/<uuid:public_id>/", replies.reply, name="reply"),
    path("replies/<uuid:public_id>/remove/", replies.remove, name="remove_reply"),
    path("offers/<uuid:public_id>/", offers.offer, name="desk_offer"),
    path("offers/<uuid:public_id>/send/", offers.send, name="desk_send_offer"),
    path("offers/<uuid:public_id>/withdraw/", offers.withdraw, name="desk_withdraw_offer"),
    path("<uuid:public_id>/", ticket.ticket, name="desk_ticket"),
    path("<uuid:public_id>/looking/", ticket.looking, name="desk_looking"),
    path("<uuid:public_id>/files/<uuid:file_id>/", ticket.file, name="desk_file"),
    path("<uuid:public_id>/mail/<uuid:message_id>/", ticket.raw_mail, name="desk_mail"),
    path("<uuid:public_id>/agreement/", ticket.document, name="desk_agreement"),
    path("<uuid:public_id>/agreement/<uuid:agreement_id>/", ticket.document, name="desk_agreement_of_client"),
    path("<uuid:public_id>/answer/", answering.answer, name="desk_answer"),
    path("<uuid:public_id>/note/", answering.note, name="desk_note"),
    path("<uuid:public_id>/no-answer/<uuid:message_id>/", answering.no_answer, name="desk_no_answer"),
    path("<uuid:public_id>/log/", logging.log, name="desk_work"),
    path("<uuid:public_id>/log/<uuid:work_id>/", logging.take_back, name="desk_take_back"),
    path("<uuid:public_id>/offer/", offers.make, name="desk_make_offer"),
    path("<uuid:public_id>/take/", handling.take, name="desk_take"),
    path("<uuid:public_id>/hand-over/", handling.give, name="desk_hand_over"),
    path("<uuid:public_id>/put-back/", handling.release, name="desk_put_back"),
    path("<uuid:public_id>/place/", handling.place, name="desk_place"),
    path("<uuid:public_id>/close/", handling.close, name="desk_close"),
    path("<uuid:public_id>/reopen/", handling.reopen, name="desk_reopen"),
    path("<uuid:public_id>/merge/", handling.merge, name="desk_merge"),
    path("<uuid:public_id>/link/", handling.link, name="desk_link"),
    path("<uuid:public_id>/unlink/", handling.unlink, name="desk_unlink"),
    path("<uuid:public_id>/call/", handling.call, name="desk_call"),
]
