"""Addresses under /business/."""

from django.urls import path

from profiles.views import businesses as views
from profiles.views import integrations

app_name = "profiles"
urlpatterns = [
    path("", views.profile, name="profile"),
    path("open/", views.open_business, name="open"),
    path("logo/", views.logo, name="logo"),
    path("logo/remove/", views.remove_logo, name="remove_logo"),
    path("questions/", views.questions, name="questions"),
    path("photos/", views.work_photos, name="photos"),
    path("photos/<uuid:public_id>/", views.photo, name="photo"),
    path("photos/<uuid:public_id>/remove/", views.remove_photo, name="remove_photo"),
    path("projects/", views.project_list, name="projects"),
    path("projects/new/", views.new_project, name="new_project"),
    path("projects/<uuid:public_id>/", views.project, name="project"),
    path("projects/<uuid:public_id>/photos/", views.project_photos, name="project_photos"),
    path("projects/<uuid:public_id>/remove/", views.remove_project, name="remove_project"),
    path("completeness/", views.completeness, name="completeness"),
    path("members/", views.member_list, name="members"),
    path("members/remove/", views.remove_member, name="remove_member"),
    path("members/withdraw/", views.withdraw_invitation, name="withdraw_invitation"),
    path("members/leave/", views.leave, name="leave"),
    path("join/<str:token>/", views.join, name="join"),
    path("settings/", views.settings_page, name="settings"),
    path("integrations/", integrations.integrations, name="integrations"),
    path("integrations/<uuid:public_id>/revoke/", integrations.revoke, name="revoke_key"),
]
