"""URLs of the visit, its photographs and their diagnoses."""

from django.urls import URLPattern, path

from diagnosis.reviews.views import (
    diagnoses,
    images,
    lesions,
    predictions,
    record,
    releases,
    timeline,
    visits,
)

urlpatterns: list[URLPattern] = [
    path("visits/<uuid:pk>/", visits.visit, name="visit"),
    path("visits/<uuid:pk>/thumbnails/", visits.visit_thumbnails, name="visit_thumbnails"),
    path("visits/<uuid:pk>/photographs/", images.image_upload, name="image_upload"),
    path("visits/<uuid:pk>/diagnoses/", diagnoses.visit_diagnoses, name="visit_diagnoses"),
    path("visits/<uuid:pk>/diagnoses/add/", diagnoses.diagnosis_add, name="diagnosis_add"),
    path("diagnoses/<uuid:pk>/change/", diagnoses.diagnosis_change, name="diagnosis_change"),
    path("diagnoses/<uuid:pk>/withdraw/", diagnoses.diagnosis_withdraw, name="diagnosis_withdraw"),
    path("diagnoses/<uuid:pk>/release/", diagnoses.diagnosis_release, name="diagnosis_release"),
    path("diagnoses/<uuid:pk>/talked/", diagnoses.diagnosis_talked, name="diagnosis_talked"),
    path("photographs/<uuid:pk>/", images.image_file, name="image_file"),
    path("photographs/<uuid:pk>/thumbnail/", images.image_thumbnail, name="image_thumbnail"),
    path("photographs/<uuid:pk>/panel/", images.image_panel, name="image_panel"),
    path("photographs/<uuid:pk>/predict/", images.prediction_request, name="prediction_request"),
    path("photographs/<uuid:pk>/lesion/", lesions.image_move, name="image_move"),
    path("photographs/<uuid:pk>/size/", lesions.image_size, name="image_size"),
    path("lesions/<uuid:pk>/", lesions.lesion, name="lesion"),
    path("lesions/<uuid:pk>/edit/", lesions.lesion_edit, name="lesion_edit"),
    path("patients/<uuid:pk>/timeline/", timeline.timeline, name="timeline"),
    path("day/to-review/", timeline.day_alerts, name="day_alerts"),
    path("predictions/<uuid:pk>/status/", predictions.prediction_status, name="prediction_status"),
    path("predictions/<uuid:pk>/retry/", predictions.prediction_retry, name="prediction_retry"),
    path("predictions/<uuid:pk>/maps/<slug:label>/", predictions.class_map, name="class_map"),
    path("predictions/<uuid:pk>/review/", predictions.prediction_review, name="prediction_review"),
    path("reviews/<uuid:pk>/release/", releases.review_release, name="review_release"),
    path("reviews/<uuid:pk>/talked/", releases.review_talked, name="review_talked"),
    path("diseases/find/", predictions.disease_find, name="disease_find"),
    path("to-review/", predictions.to_review, name="to_review"),
    path("my/record/", record.my_record, name="my_record"),
    path("my/record/<uuid:pk>/", record.my_visit, name="my_visit"),
]
