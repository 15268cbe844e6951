"""URLs of the atlas."""

from django.urls import URLPattern, path

from diagnosis.atlas.views import atlas, compare, images

urlpatterns: list[URLPattern] = [
    path("atlas/", atlas.atlas_list, name="atlas_list"),
    path("atlas/new/", atlas.atlas_disease_create, name="atlas_disease_create"),
    path("atlas/proposals/", images.atlas_proposals, name="atlas_proposals"),
    path("atlas/<int:pk>/", atlas.atlas_disease, name="atlas_disease"),
    path("atlas/<int:pk>/edit/", atlas.atlas_disease_edit, name="atlas_disease_edit"),
    path("atlas/<int:pk>/delete/", atlas.atlas_disease_delete, name="atlas_disease_delete"),
    path("atlas/<int:pk>/stages/", atlas.atlas_stage_add, name="atlas_stage_add"),
    path("atlas/<int:pk>/images/", images.atlas_image_add, name="atlas_image_add"),
    path("atlas/stages/<int:pk>/", atlas.atlas_stage_edit, name="atlas_stage_edit"),
    path("atlas/stages/<int:pk>/move/", atlas.atlas_stage_move, name="atlas_stage_move"),
    path("atlas/stages/<int:pk>/delete/", atlas.atlas_stage_delete, name="atlas_stage_delete"),
    path("atlas/images/<uuid:pk>/", images.atlas_image, name="atlas_image"),
    path("atlas/images/<uuid:pk>/edit/", images.atlas_image_edit, name="atlas_image_edit"),
    path(
        "atlas/images/<uuid:pk>/accept/",
        images.atlas_image_accept,
        name="atlas_image_accept",
    ),
    path(
        "atlas/images/<uuid:pk>/decline/",
        images.atlas_image_decline,
        name="atlas_image_decline",
    ),
    path(
        "atlas/images/<uuid:pk>/archive/",
        images.atlas_image_archive,
        name="atlas_image_archive",
    ),
    path("atlas/images/<uuid:pk>/file/", images.atlas_image_file, name="atlas_image_file"),
    path(
        "atlas/images/<uuid:pk>/thumbnail/",
        images.atlas_image_thumbnail,
        name="atlas_image_thumbnail",
    ),
    path("photographs/<uuid:pk>/atlas/", compare.atlas_compare, name="atlas_compare"),
]
