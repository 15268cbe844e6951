from django.urls import URLPattern, path

from diagnosis.atlas.views import atlas
from diagnosis.atlas.views import compare as atlas_compare
from diagnosis.atlas.views import images as atlas_images
from diagnosis.letters.views import letters, reports
from diagnosis.predictions.views import model
from diagnosis.reviews.views import images, lesions, predictions, record, timeline, visits

app_name = "diagnosis"

urlpatterns: list[URLPattern] = [
    path("visits/<uuid:pk>/", visits.visit, name="visit"),
    path("visits/<uuid:pk>/thumbnails/", visits.visit_thumbnails, name="visit_thumbnails"),
    path("visits/<uuid:pk>/report/", reports.visit_report, name="visit_report"),
    path(
        "visits/<uuid:pk>/report/photographs/",
        letters.visit_report_chosen,
        name="visit_report_chosen",
    ),
    path("visits/<uuid:pk>/letters/", letters.visit_letters, name="visit_letters"),
    path("letters/<uuid:pk>/", letters.referral_letter, name="referral_letter"),
    path("visits/<uuid:pk>/photographs/", images.image_upload, name="image_upload"),
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
    path("to-review/", predictions.to_review, name="to_review"),
    path("model/", model.model_card, name="model_card"),
    path("atlas/", atlas.atlas_list, name="atlas_list"),
    path("atlas/new/", atlas.atlas_disease_create, name="atlas_disease_create"),
    path("atlas/proposals/", atlas_images.atlas_proposals, name="atlas_proposals"),
    path("atlas/<int:pk>/", atlas.atlas_disease, name="atlas_disease"),
    path("atlas/<int:pk>/edit/", atlas.atlas_disease_edit, name="atlas_disease_edit"),
    path("atlas/<int:pk>/delete/", atlas.atlas_disease_delete, name="atlas_disease_delete"),
    path("atlas/<int:pk>/stages/", atlas.atlas_stage_add, name="atlas_stage_add"),
    path("atlas/<int:pk>/images/", atlas_images.atlas_image_add, name="atlas_image_add"),
    path("atlas/stages/<int:pk>/", atlas.atlas_stage_edit, name="atlas_stage_edit"),
    path("atlas/stages/<int:pk>/move/", atlas.atlas_stage_move, name="atlas_stage_move"),
    path("atlas/stages/<int:pk>/delete/", atlas.atlas_stage_delete, name="atlas_stage_delete"),
    path("atlas/images/<uuid:pk>/", atlas_images.atlas_image, name="atlas_image"),
    path("atlas/images/<uuid:pk>/edit/", atlas_images.atlas_image_edit, name="atlas_image_edit"),
    path(
        "atlas/images/<uuid:pk>/accept/",
        atlas_images.atlas_image_accept,
        name="atlas_image_accept",
    ),
    path(
        "atlas/images/<uuid:pk>/decline/",
        atlas_images.atlas_image_decline,
        name="atlas_image_decline",
    ),
    path(
        "atlas/images/<uuid:pk>/archive/",
        atlas_images.atlas_image_archive,
        name="atlas_image_archive",
    ),
    path("atlas/images/<uuid:pk>/file/", atlas_images.atlas_image_file, name="atlas_image_file"),
    path(
        "atlas/images/<uuid:pk>/thumbnail/",
        atlas_images.atlas_image_thumbnail,
        name="atlas_image_thumbnail",
    ),
    path("photographs/<uuid:pk>/atlas/", atlas_compare.atlas_compare, name="atlas_compare"),
    path("my/record/", record.my_record, name="my_record"),
    path("my/record/<uuid:pk>/", record.my_visit, name="my_visit"),
]
