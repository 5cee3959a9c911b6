from django.urls import path

from mail import views

app_name = "mail"
urlpatterns = [
    path("", views.sent_mails, name="sent_mails"),
    path("<str:name>/", views.sent_mail, name="sent_mail"),
    path("<str:name>/html/", views.sent_mail_html, name="sent_mail_html"),
]
