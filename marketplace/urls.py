from django.urls import path

from marketplace.views import returns, reviews

app_name = "marketplace"
urlpatterns = [
    path("contacts/<uuid:public_id>/return/", returns.return_contact, name="return"),
    path("contacts/<uuid:public_id>/return/withdraw/", returns.withdraw_return, name="withdraw_return"),
    path("contacts/<uuid:public_id>/ask-review/", reviews.ask_homeowner, name="ask_homeowner"),
    path("reviews/", reviews.review_list, name="reviews"),
    path("review/<str:token>/", reviews.review_by_link, name="review_by_link"),
    path("review/<str:token>/thanks/", reviews.review_thanks, name="review_thanks"),
]
