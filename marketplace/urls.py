from django.urls import path

from marketplace.views import contacts, diary, directory, homeowner, leads, returns, reviews, site_map

app_name = "marketplace"
urlpatterns = [
    path("professionals/", directory.trades, name="directory"),
    path("professionals/<slug:category>/", directory.provinces, name="directory_of_category"),
    path("professionals/<slug:category>/<slug:province>/", directory.professionals, name="directory_of_pair"),
    path("professional/<str:address>/", directory.professional, name="professional"),
    path("sitemap.xml", site_map.index, name="sitemap"),
    path("sitemap-<slug:section>.xml", site_map.section, name="sitemap_section"),
    path("jobs/", leads.feed, name="feed"),
    path("jobs/<uuid:public_id>/", leads.lead_page, name="lead"),
    path("jobs/<uuid:public_id>/buy/", leads.buy, name="buy"),
    path("contacts/", contacts.contact_list, name="contacts"),
    path("contacts/<uuid:public_id>/", contacts.contact_page, name="contact"),
    path("contacts/<uuid:public_id>/diary/", contacts.diary, name="diary"),
    path("contacts/<uuid:public_id>/outcome/", contacts.outcome, name="outcome"),
    path("contacts/<uuid:public_id>/reach/<slug:way>/", diary.reach, name="reach"),
    path("contacts/<uuid:public_id>/reached/<uuid:attempt>/", diary.reached, name="reached"),
    path("contacts/<uuid:public_id>/reached/<uuid:attempt>/answer/", diary.settle, name="settle"),
    path("contacts/<uuid:public_id>/summary/", diary.summary, name="summary"),
    path("contacts/<uuid:public_id>/remind/", diary.remind, name="remind"),
    path("contacts/<uuid:public_id>/return/", returns.return_contact, name="return"),
    path("contacts/<uuid:public_id>/return/evidence/", returns.add_evidence, name="add_evidence"),
    path("contacts/<uuid:public_id>/return/evidence/<uuid:picture>/", returns.evidence, name="evidence"),
    path("contacts/<uuid:public_id>/return/withdraw/", returns.withdraw_return, name="withdraw_return"),
    path("contacts/<uuid:public_id>/ask-review/", reviews.ask_homeowner, name="ask_homeowner"),
    path("reviews/", reviews.review_list, name="reviews"),
    path("request/<str:token>/", homeowner.homeowner, name="homeowner"),
    path("request/<str:token>/confirm/", homeowner.confirm, name="confirm"),
    path("reviews/<uuid:public_id>/answer/", reviews.answer, name="answer_review"),
    path("reviews/<uuid:public_id>/report/", reviews.report, name="report_review"),
    path("review/<str:token>/", reviews.review_by_link, name="review_by_link"),
    path("review/<str:token>/thanks/", reviews.review_thanks, name="review_thanks"),
]
