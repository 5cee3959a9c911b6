from django.urls import URLPattern, path

from guarantees.views import appeals, claims, later_jobs, reminders, survey
from guarantees.views.numbers import numbers
from guarantees.views.overview import overview
from guarantees.views.what_if import what_if

app_name = "guarantees"
urlpatterns: list[URLPattern] = [
    path("", overview, name="overview"),
    path("what-if/", what_if, name="what_if"),
    path("numbers/", numbers, name="numbers"),
    path("reminders/", reminders.reminders, name="reminders"),
    path("reminders/stop/<str:token>/", reminders.stop, name="stop_reminders"),
    path("claim/", claims.claim, name="claim"),
    path("claim/begin/", claims.claim_begin, name="claim_begin"),
    path("claim/submit/", claims.claim_submit, name="claim_submit"),
    path("claims/<uuid:public_id>/", claims.claim_status, name="claim_status"),
    path("claims/<uuid:public_id>/answer/", claims.answer, name="answer"),
    path("claims/<uuid:public_id>/withdraw/", claims.claim_withdraw, name="claim_withdraw"),
    path("claims/<uuid:public_id>/appeal/", appeals.appeal, name="appeal"),
    path("suspension/", appeals.suspension, name="suspension"),
    path("contacts/<uuid:public_id>/job/", later_jobs.later_job, name="later_job"),
    # The homeowner's, by the links in their mails.
    path("contact/<str:token>/", survey.survey, name="survey"),
    path("contact/<str:token>/thanks/", survey.survey_answered, name="survey_answered"),
]
