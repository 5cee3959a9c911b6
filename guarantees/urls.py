from django.urls import URLPattern

app_name = "guarantees"
urlpatterns: list[URLPattern] = []
