"""Every address of the site times every role, in one table.

A cell is the status of the answer; `in` sends the person to the sign-in page. 404 is for those
who may not even know that the thing exists, 403 for those who may see it but not do this.
POST goes out with an empty form: where somebody may press the button, a refused form (422), an
illegal move (409) or a way back (302) is the answer.
"""

from dataclasses import dataclass

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from clinic.services.answer_links import answer_address
from tests.one_of_everything import FEED_TOKEN, PAPER_TOKEN, SCREEN_SECRET, one_of_everything

TABLE = """
url                                  method of                anon admn secr doct doc2 pati pat2
home                                 GET    -                 in   302  302  302  302  302  302
home                                 POST   -                 in   302  302  302  302  302  302
healthz                              GET    -                 200  200  200  200  200  200  200
readyz                               GET    -                 503  503  503  503  503  503  503
metrics                              GET    -                 200  200  200  200  200  200  200
language_set                         GET    -                 302  302  302  302  302  302  302
language_set                         POST   -                 302  302  302  302  302  302  302
account_login                        GET    -                 200  302  302  302  302  302  302
account_login                        POST   -                 200  302  302  302  302  302  302
account_logout                       GET    -                 in   200  200  200  200  200  200
account_logout                       POST   -                 in   in   in   in   in   in   in
account_inactive                     GET    -                 200  200  200  200  200  200  200
account_signup                       GET    -                 200  302  302  302  302  302  302
account_signup                       POST   -                 200  302  302  302  302  302  302
clinic:sign_up_code                  GET    -                 200  302  302  302  302  302  302
clinic:sign_up_code                  POST   -                 200  302  302  302  302  302  302
clinic:sign_up_details               GET    -                 200  302  302  302  302  302  302
clinic:sign_up_details               POST   -                 200  302  302  302  302  302  302
clinic:reminder_answer               GET    -                 200  200  200  200  200  200  200
clinic:reminder_answer               POST   -                 422  422  422  422  422  422  422
account_reauthenticate               GET    -                 in   200  200  200  200  200  200
account_reauthenticate               POST   -                 in   200  200  200  200  200  200
account_change_password              GET    -                 in   200  200  200  200  200  200
account_change_password              POST   -                 in   200  200  200  200  200  200
account_set_password                 GET    -                 in   302  302  302  302  302  302
account_set_password                 POST   -                 in   302  302  302  302  302  302
account_reset_password               GET    -                 200  200  200  200  200  200  200
account_reset_password               POST   -                 200  200  200  200  200  200  200
account_reset_password_done          GET    -                 200  200  200  200  200  200  200
account_reset_password_from_key      GET    -                 200  200  200  200  200  200  200
account_reset_password_from_key      POST   -                 200  200  200  200  200  200  200
account_reset_password_from_key_done GET    -                 200  200  200  200  200  200  200
mfa_index                            GET    -                 in   200  200  200  200  200  200
mfa_authenticate                     GET    -                 in   302  302  302  302  302  302
mfa_authenticate                     POST   -                 in   302  302  302  302  302  302
mfa_reauthenticate                   GET    -                 in   302  302  302  302  302  302
mfa_reauthenticate                   POST   -                 in   302  302  302  302  302  302
mfa_activate_totp                    GET    -                 in   302  302  302  302  302  302
mfa_activate_totp                    POST   -                 in   302  302  302  302  302  302
mfa_deactivate_totp                  GET    -                 in   404  404  404  404  404  404
mfa_deactivate_totp                  POST   -                 in   404  404  404  404  404  404
mfa_view_recovery_codes              GET    -                 in   404  404  404  404  404  404
mfa_generate_recovery_codes          GET    -                 in   302  302  302  302  302  302
mfa_generate_recovery_codes          POST   -                 in   302  302  302  302  302  302
mfa_download_recovery_codes          GET    -                 in   404  404  404  404  404  404
mfa_list_webauthn                    GET    -                 in   200  200  200  200  200  200
mfa_add_webauthn                     GET    -                 in   302  302  302  302  302  302
mfa_add_webauthn                     POST   -                 in   302  302  302  302  302  302
mfa_reauthenticate_webauthn          GET    -                 in   302  302  302  302  302  302
mfa_reauthenticate_webauthn          POST   -                 in   302  302  302  302  302  302
mfa_remove_webauthn                  GET    passkey           in   302  302  302  302  302  302
mfa_remove_webauthn                  POST   passkey           in   302  302  302  302  302  302
mfa_edit_webauthn                    GET    passkey           in   302  302  302  302  302  302
mfa_edit_webauthn                    POST   passkey           in   302  302  302  302  302  302
usersessions_list                    GET    -                 in   200  200  200  200  200  200
usersessions_list                    POST   -                 in   302  302  302  302  302  302
clinic:session_end                   POST   session           in   404  404  404  404  404  404
clinic:profile                       GET    -                 in   200  200  200  200  200  200
clinic:profile                       POST   -                 in   422  422  422  422  422  422
clinic:session_left                  GET    -                 in   200  200  200  200  200  200
clinic:session_stay                  POST   -                 in   200  200  200  200  200  200
clinic:notification_list             GET    -                 in   200  200  200  200  200  200
clinic:notification_count            GET    -                 in   200  200  200  200  200  200
clinic:notification_read_all         POST   -                 in   302  302  302  302  302  302
clinic:notification_read             POST   news              in   404  404  302  404  404  404
clinic:notification_open             POST   news              in   404  404  302  404  404  404
clinic:audit_list                    GET    -                 in   200  403  403  403  403  403
clinic:audit_list                    POST   -                 in   200  403  403  403  403  403
clinic:audit_export                  GET    -                 in   200  403  403  403  403  403
clinic:emergency_list                GET    -                 in   200  403  403  403  403  403
clinic:emergency_open                GET    -                 in   403  403  200  200  403  403
clinic:emergency_open                POST   -                 in   403  403  422  422  403  403
clinic:emergency_review              GET    emergency         in   200  404  403  404  404  404
clinic:emergency_review              POST   emergency         in   422  404  403  404  404  404
clinic:emergency_end                 POST   emergency         in   403  404  302  404  404  404
clinic:patient_access                GET    patient           in   200  403  200  404  403  404
clinic:my_access                     GET    -                 in   403  403  403  403  200  200
clinic:account_list                  GET    -                 in   200  403  403  403  403  403
clinic:account_list                  POST   -                 in   200  403  403  403  403  403
clinic:account_create                GET    -                 in   200  403  403  403  403  403
clinic:account_create                POST   -                 in   422  403  403  403  403  403
clinic:account_edit                  GET    account           in   200  404  403  404  404  404
clinic:account_edit                  POST   account           in   422  404  403  404  404  404
clinic:account_deactivate            GET    account           in   200  404  403  404  404  404
clinic:account_deactivate            POST   account           in   302  404  403  404  404  404
clinic:account_reactivate            POST   account           in   409  404  403  404  404  404
clinic:account_second_factor         POST   account           in   302  404  403  404  404  404
clinic:account_invite                POST   account           in   409  404  403  404  404  404
clinic:account_photograph            GET    account           in   200  200  200  200  404  404
clinic:clinic_settings               GET    -                 in   200  200  403  403  403  403
clinic:clinic_settings               POST   -                 in   422  403  403  403  403  403
clinic:clinic_settings_preview       POST   -                 in   200  403  403  403  403  403
clinic:clinic_settings_logo          POST   -                 in   422  403  403  403  403  403
clinic:clinic_logo                   GET    -                 200  200  200  200  200  200  200
clinic:symptom_list                  GET    -                 in   200  403  403  403  403  403
clinic:symptom_create                GET    -                 in   200  403  403  403  403  403
clinic:symptom_create                POST   -                 in   422  403  403  403  403  403
clinic:symptom_edit                  GET    symptom           in   200  403  403  403  403  403
clinic:symptom_edit                  POST   symptom           in   422  403  403  403  403  403
clinic:symptom_move                  POST   symptom           in   302  403  403  403  403  403
clinic:symptom_offer                 POST   symptom           in   302  403  403  403  403  403
clinic:body_site_list                GET    -                 in   200  403  403  403  403  403
clinic:body_site_edit                GET    body_site         in   200  403  403  403  403  403
clinic:body_site_edit                POST   body_site         in   422  403  403  403  403  403
clinic:body_site_offer               POST   body_site         in   302  403  403  403  403  403
clinic:calendar_feed_renew           POST   -                 in   403  403  302  302  403  403
clinic:calendar_feed_initials        POST   -                 in   403  403  302  409  403  403
clinic:calendar_feed_revoke          POST   -                 in   403  403  302  302  403  403
clinic:calendar_feed                 GET    -                 200  200  200  200  200  200  200
clinic:calendar                      GET    -                 in   200  200  200  200  403  403
clinic:calendar_events               GET    -                 in   422  422  422  422  403  403
clinic:desk_day                      GET    -                 in   403  200  403  403  403  403
clinic:appointment_book              GET    -                 in   403  200  200  200  403  403
clinic:appointment_book              POST   -                 in   403  422  422  422  403  403
clinic:appointment_detail            GET    appointment       in   200  200  200  404  403  404
clinic:appointment_move              POST   appointment       in   403  422  403  404  403  404
clinic:appointment_reschedule        GET    appointment       in   403  200  403  404  403  404
clinic:appointment_reschedule        POST   appointment       in   403  422  403  404  403  404
clinic:waiting_room                  GET    -                 in   403  200  200  200  403  403
clinic:waiting_room_move             POST   appointment       in   403  422  403  404  403  404
clinic:arrival_slip                  GET    arrival           in   403  200  403  404  403  404
clinic:walk_in                       GET    -                 in   403  200  403  403  403  403
clinic:walk_in                       POST   -                 in   403  422  403  403  403  403
clinic:waiting_screen                GET    -                 200  200  200  200  200  200  200
clinic:waiting_screen_renew          POST   -                 in   403  302  403  403  403  403
clinic:waiting_screen_revoke         POST   -                 in   403  302  403  403  403  403
clinic:request_list                  GET    -                 in   403  200  403  403  403  403
clinic:request_book                  GET    request           in   403  200  403  404  403  404
clinic:request_book                  POST   request           in   403  422  403  404  403  404
clinic:request_waitlist              POST   request           in   403  302  403  404  403  404
clinic:request_decline               POST   request           in   403  422  403  404  403  404
clinic:duplicate_clear               POST   patient           in   403  302  403  404  403  404
clinic:doctor_list                   GET    -                 in   200  200  403  403  403  403
clinic:doctor_hours                  GET    doctor            in   200  200  403  403  403  403
clinic:doctor_hours                  POST   doctor            in   422  422  403  403  403  403
clinic:doctor_buffer                 POST   doctor            in   422  422  403  403  403  403
clinic:hours_remove                  POST   hours             in   302  302  403  404  404  404
clinic:absence_list                  GET    -                 in   200  200  200  200  403  403
clinic:absence_add                   GET    -                 in   200  200  200  200  403  403
clinic:absence_add                   POST   -                 in   422  422  422  422  403  403
clinic:absence_remove                POST   absence           in   302  302  302  404  404  404
clinic:visit_type_list               GET    -                 in   200  200  403  403  403  403
clinic:visit_type_add                GET    -                 in   200  200  403  403  403  403
clinic:visit_type_add                POST   -                 in   422  422  403  403  403  403
clinic:visit_type_edit               GET    visit_type        in   200  200  403  403  403  403
clinic:visit_type_edit               POST   visit_type        in   422  422  403  403  403  403
clinic:visit_type_remove             POST   visit_type        in   422  422  403  403  403  403
clinic:patient_list                  GET    -                 in   200  200  200  200  403  403
clinic:patient_list                  POST   -                 in   302  302  302  302  403  403
clinic:patient_find                  POST   -                 in   200  200  200  200  403  403
clinic:patient_register              GET    -                 in   403  200  403  403  403  403
clinic:patient_register              POST   -                 in   403  422  403  403  403  403
clinic:patient_detail                GET    patient           in   200  200  200  404  403  404
clinic:patient_edit                  GET    patient           in   403  200  200  404  403  404
clinic:patient_edit                  POST   patient           in   403  422  422  404  403  404
clinic:patient_invite                POST   patient           in   302  302  403  404  403  404
clinic:consent_record                POST   patient           in   403  422  422  404  403  404
clinic:consent_withdraw              POST   consent           in   403  302  302  404  403  404
clinic:patient_documents             GET    patient           in   403  200  200  404  403  404
clinic:patient_documents             POST   patient           in   403  422  422  404  403  404
clinic:document_file                 GET    clinical_paper    in   404  404  200  404  404  404
clinic:document_file                 GET    insurance_card    in   404  200  200  404  200  404
clinic:document_archive              POST   clinical_paper    in   404  404  422  404  404  404
clinic:document_archive              POST   insurance_card    in   404  422  422  404  403  404
clinic:document_share                POST   clinical_paper    in   404  404  302  404  404  404
clinic:document_share                POST   insurance_card    in   404  302  302  404  403  404
clinic:my_documents                  GET    -                 in   403  403  403  403  200  200
clinic:doctor_day                    GET    -                 in   403  403  200  200  403  403
clinic:visit_open                    POST   appointment       in   403  403  409  404  403  404
clinic:visit_undo                    POST   visit             in   404  404  409  404  404  404
diagnosis:visit                      GET    visit             in   404  404  200  404  404  404
diagnosis:visit                      GET    signed            in   404  404  200  404  404  404
diagnosis:visit_thumbnails           GET    visit             in   404  404  200  404  404  404
diagnosis:image_upload               POST   visit             in   404  404  422  404  404  404
clinic:visit_save                    POST   visit             in   404  404  422  404  404  404
clinic:visit_save                    POST   signed            in   404  404  422  404  403  404
clinic:visit_patient                 GET    visit             in   404  404  200  404  404  404
clinic:visit_facts                   POST   visit             in   404  404  302  404  404  404
clinic:fact_add                      POST   visit             in   404  404  422  404  404  404
clinic:fact_end                      POST   allergy           in   404  404  422  404  404  404
clinic:drug_warnings                 POST   visit             in   404  404  200  404  404  404
clinic:warning_override              POST   visit             in   404  404  422  404  404  404
clinic:template_list                 GET    -                 in   200  403  200  200  403  403
clinic:template_new                  GET    -                 in   200  403  200  200  403  403
clinic:template_new                  POST   -                 in   422  403  422  422  403  403
clinic:template_menu                 GET    -                 in   403  403  200  200  403  403
clinic:template_keep                 POST   -                 in   403  403  422  422  403  403
clinic:template_edit                 GET    template          in   404  404  200  404  404  404
clinic:template_edit                 POST   template          in   404  404  422  404  404  404
clinic:template_edit                 GET    clinic_template   in   200  404  200  200  404  404
clinic:template_archive              POST   template          in   404  404  302  404  404  404
clinic:template_archive              POST   clinic_template   in   302  404  302  302  404  404
clinic:prescription_save             POST   visit             in   404  404  422  404  404  404
clinic:visit_sign                    POST   visit             in   404  404  422  404  404  404
clinic:addendum_add                  POST   signed            in   404  404  422  404  403  404
clinic:prescription_revoke           POST   prescription      in   404  404  422  404  403  404
clinic:prescription_renew            POST   prescription      in   404  404  302  404  403  404
clinic:prescription_pdf              GET    prescription      in   404  404  200  404  200  404
clinic:prescription_pdf              GET    draft             in   404  404  409  404  404  404
diagnosis:visit_report               GET    signed            in   404  404  200  404  200  404
diagnosis:visit_report               GET    visit             in   404  404  409  404  404  404
diagnosis:visit_letters              GET    signed            in   404  404  200  404  404  404
diagnosis:visit_letters              POST   signed            in   404  404  422  404  404  404
diagnosis:visit_letters              GET    visit             in   404  404  409  404  404  404
diagnosis:visit_report_chosen        POST   signed            in   404  404  200  404  404  404
diagnosis:visit_report_chosen        POST   visit             in   404  404  409  404  404  404
diagnosis:referral_letter            GET    letter            in   404  404  200  404  404  404
clinic:document_verify               GET    -                 200  200  200  200  200  200  200
diagnosis:image_file                 GET    photograph        in   404  404  200  404  404  404
diagnosis:image_file                 GET    signed_photograph in   404  404  200  404  200  404
diagnosis:image_thumbnail            GET    photograph        in   404  404  200  404  404  404
diagnosis:image_thumbnail            GET    signed_photograph in   404  404  200  404  200  404
diagnosis:image_panel                GET    photograph        in   404  404  200  404  404  404
diagnosis:image_move                 POST   photograph        in   404  404  302  404  404  404
diagnosis:image_move                 POST   signed_photograph in   404  404  302  404  404  404
diagnosis:image_size                 POST   photograph        in   404  404  302  404  404  404
diagnosis:image_size                 POST   signed_photograph in   404  404  302  404  404  404
diagnosis:lesion                     GET    lesion            in   404  404  200  404  404  404
diagnosis:lesion_edit                GET    lesion            in   404  404  200  404  404  404
diagnosis:lesion_edit                POST   lesion            in   404  404  302  404  404  404
diagnosis:timeline                   GET    patient           in   404  404  200  404  404  404
diagnosis:day_alerts                 GET    -                 in   403  403  200  200  403  403
diagnosis:prediction_request         POST   photograph        in   404  404  302  404  404  404
diagnosis:prediction_status          GET    prediction        in   404  404  200  404  404  404
diagnosis:prediction_status          GET    signed_prediction in   404  404  200  404  404  404
diagnosis:prediction_retry           POST   prediction        in   404  404  302  404  404  404
diagnosis:class_map                  GET    prediction        in   404  404  200  404  404  404
diagnosis:prediction_review          POST   prediction        in   404  404  422  404  404  404
diagnosis:to_review                  GET    -                 in   403  403  200  200  403  403
diagnosis:model_card                 GET    -                 in   200  403  200  200  403  403
diagnosis:atlas_list                 GET    -                 in   200  403  200  200  403  403
diagnosis:atlas_disease_create       GET    -                 in   200  403  403  403  403  403
diagnosis:atlas_disease_create       POST   -                 in   422  403  403  403  403  403
diagnosis:atlas_disease              GET    disease           in   200  403  200  200  403  403
diagnosis:atlas_disease_edit         GET    disease           in   200  403  403  403  403  403
diagnosis:atlas_disease_edit         POST   disease           in   422  403  403  403  403  403
diagnosis:atlas_disease_delete       POST   disease           in   409  403  403  403  403  403
diagnosis:atlas_stage_add            POST   disease           in   422  403  403  403  403  403
diagnosis:atlas_stage_edit           GET    stage             in   200  403  403  403  403  403
diagnosis:atlas_stage_edit           POST   stage             in   422  403  403  403  403  403
diagnosis:atlas_stage_move           POST   stage             in   302  403  403  403  403  403
diagnosis:atlas_stage_delete         POST   stage             in   302  403  403  403  403  403
diagnosis:atlas_image_add            GET    disease           in   200  403  200  200  403  403
diagnosis:atlas_image_add            POST   disease           in   422  403  422  422  403  403
diagnosis:atlas_proposals            GET    -                 in   200  403  403  403  403  403
diagnosis:atlas_image                GET    atlas_image       in   200  403  200  200  403  403
diagnosis:atlas_image                GET    atlas_proposal    in   200  403  200  404  403  403
diagnosis:atlas_image_edit           POST   atlas_image       in   422  403  403  403  403  403
diagnosis:atlas_image_accept         POST   atlas_proposal    in   302  403  403  404  403  403
diagnosis:atlas_image_decline        POST   atlas_proposal    in   422  403  403  404  403  403
diagnosis:atlas_image_archive        POST   atlas_image       in   422  403  403  403  403  403
diagnosis:atlas_image_file           GET    atlas_image       in   200  403  200  200  403  403
diagnosis:atlas_image_thumbnail      GET    atlas_image       in   200  403  200  200  403  403
diagnosis:atlas_image_file           GET    atlas_proposal    in   200  403  200  404  403  403
diagnosis:atlas_compare              GET    photograph        in   404  404  200  404  404  404
clinic:my_appointments               GET    -                 in   403  403  403  403  200  200
clinic:my_appointment_cancel         POST   appointment       in   403  403  403  404  302  404
clinic:my_appointment_calendar       GET    appointment       in   403  403  403  404  200  404
clinic:my_appointment_reschedule     GET    appointment       in   403  403  403  404  200  404
clinic:my_appointment_reschedule     POST   appointment       in   403  403  403  404  422  404
clinic:my_book                       GET    -                 in   403  403  403  403  200  200
clinic:my_book                       POST   -                 in   403  403  403  403  422  422
clinic:my_consents                   GET    -                 in   403  403  403  403  200  200
clinic:my_preferences                POST   -                 in   403  403  403  403  422  422
clinic:my_erasure                    GET    -                 in   403  403  403  403  200  200
clinic:my_erasure                    POST   -                 in   403  403  403  403  302  302
clinic:erasure_list                  GET    -                 in   200  403  403  403  403  403
clinic:erasure_decide                POST   erasure           in   422  404  404  404  403  404
clinic:my_consent_give               POST   -                 in   403  403  403  403  302  302
clinic:my_consent_withdraw           GET    -                 in   403  403  403  403  200  302
clinic:my_consent_withdraw           POST   -                 in   403  403  403  403  302  302
diagnosis:my_record                  GET    -                 in   403  403  403  403  200  200
diagnosis:my_visit                   GET    signed            in   403  403  403  403  200  404
diagnosis:my_visit                   GET    visit             in   403  403  403  403  404  404
"""

ROLES = TABLE.split("\n")[1].split()[3:]
# A form without a single field filled in, as a browser sends it.
EMPTY_FORM = {"csrfmiddlewaretoken": "not checked here"}
# What an address needs beside the key of its object.
ARGUMENTS = {
    "clinic:document_verify": {"token": PAPER_TOKEN},
    "clinic:fact_add": {"kind": "allergy"},
    "clinic:fact_end": {"kind": "allergy"},
    "clinic:template_new": {"kind": "notes"},
    "clinic:template_menu": {"kind": "notes"},
    "clinic:template_keep": {"kind": "notes"},
    "clinic:calendar_feed": {"token": FEED_TOKEN},
    "clinic:waiting_screen": {"secret": SCREEN_SECRET},
    # Of the reminder that `things` holds.
    "clinic:reminder_answer": {"token": ""},
    "clinic:my_consent_give": {"purpose": "ai_analysis"},
    "clinic:my_consent_withdraw": {"purpose": "ai_analysis"},
    "diagnosis:class_map": {"label": "mel"},
    "account_reset_password_from_key": {"uidb36": "1", "key": "not-a-key"},
}


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    url: str
    method: str
    of: str
    expected: tuple[str, ...]

    def __str__(self):
        return f"{self.method} {self.url} {self.of}"


ROWS = [
    Row(url, method, of, tuple(expected))
    for url, method, of, *expected in (line.split() for line in TABLE.split("\n")[2:] if line)
]


@pytest.fixture
def cast(admin, secretary, doctor, other_doctor, patient, other_patient):
    """Who asks: nobody known, the four roles, a doctor and a patient who are strangers here."""
    people = [None, admin, secretary, doctor, other_doctor, patient.user, other_patient.user]
    return dict(zip(ROLES, people, strict=True))


@pytest.fixture
def things(admin, doctor, patient, secretary, settings, tmp_path):
    """One of everything, kept where the site of this test keeps its files."""
    storage = settings.STORAGES["default"] | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    settings.SITE_URL = "http://testserver"
    settings.STORAGES = settings.STORAGES | {"default": storage}
    return one_of_everything(admin=admin, doctor=doctor, patient=patient, secretary=secretary)


def address(row, things):
    arguments = dict(ARGUMENTS.get(row.url, {}))
    if row.url == "clinic:reminder_answer":
        arguments["token"] = answer_address(things["reminder"]).rpartition("/answer/")[2][:-1]
    if row.of != "-":
        arguments["pk"] = things[row.of].pk
    return reverse(row.url, kwargs=arguments)


def answer(row, session_key, things, secrets):
    """What the person is answered; whatever it changed is taken back."""
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = session_key
    with transaction.atomic():
        send = client.get if row.method == "GET" else client.post
        response = send(address(row, things), EMPTY_FORM if row.method == "POST" else None)
        body = b"".join(response) if response.streaming else response.content
        transaction.set_rollback(True)
    if response.status_code == 404:
        assert not [secret for secret in secrets if secret in body.decode()], row
    is_sign_in = response.status_code == 302 and response["Location"].startswith(
        reverse("account_login")
    )
    return "in" if is_sign_in else str(response.status_code)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_what_the_table_says(role, cast, things, sign_in):
    session_key = sign_in(cast[role]).session.session_key if cast[role] else ""

    # The patient reads the own name at the top of every page.
    secrets = [] if role == "pati" else things["secrets"]
    wrong = []
    for row in ROWS:
        status = answer(row, session_key, things, secrets)
        expected = row.expected[ROLES.index(role)]
        if status != expected:
            wrong.append(f"{row}: {status}, where the table says {expected}")

    assert not wrong, "\n".join(wrong)


def test_what_changes_things_is_never_a_link(cast, things, sign_in):
    """An address without a line for GET answers GET with 405, whoever asks."""
    readable = {row.url for row in ROWS if row.method == "GET"}
    changing = [row for row in ROWS if row.url not in readable]
    client = sign_in(cast["doct"])

    answers = {row.url: client.get(address(row, things)).status_code for row in changing}

    assert answers == dict.fromkeys(answers, 405)


def named_urls(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from named_urls(pattern.url_patterns, namespace + inner)
        else:
            yield f"{namespace}{pattern.name}"


def test_the_table_knows_every_address_of_the_site():
    assert set(named_urls(get_resolver().url_patterns)) == {row.url for row in ROWS}
    assert len({str(row) for row in ROWS}) == len(ROWS)
