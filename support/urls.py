from django.urls import path

from support.views import agreements, library

app_name = "support"
urlpatterns = [
    path("agreements/", agreements.agreements, name="agreements"),
    path("agreements/<uuid:public_id>/", agreements.agreement, name="agreement"),
    path(
        "agreements/<uuid:public_id>/<int:number>/document/",
        agreements.agreement_document,
        name="agreement_document",
    ),
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
