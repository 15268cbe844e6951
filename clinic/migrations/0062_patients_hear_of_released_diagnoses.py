from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clinic", "0061_names_are_found_across_scripts")]

    operations = [
        migrations.AlterField(
            model_name="notification",
            name="kind",
            field=models.CharField(
                choices=[
                    ("requested", "A patient has requested an appointment"),
                    ("cancelled_by_patient", "A patient cancelled an appointment"),
                    ("booked", "New appointment"),
                    ("moved", "An appointment was moved"),
                    ("cancelled", "An appointment was cancelled"),
                    ("urgent_arrival", "An urgent patient has arrived"),
                    ("walk_in", "A patient without an appointment is waiting"),
                    ("answer_ready", "The answer to a photograph is ready"),
                    ("review_overdue", "An answer has been waiting a day for your review"),
                    (
                        "referred_overdue",
                        "A photograph was referred a day ago: note the diagnosis once you know it",
                    ),
                    (
                        "retake_overdue",
                        "A photograph could not be assessed: take another one, or note the diagnosis",
                    ),
                    (
                        "analysis_overdue",
                        "A photograph has had no answer for a day: ask again, or decide without it",
                    ),
                    ("visit_signed", "Your visit is in your record"),
                    ("diagnosis_released", "You can read more of your visit now"),
                    ("emergency_opened", "A record was opened in an emergency"),
                    ("emergency_overdue", "An emergency access is waiting for your review"),
                    ("audit_broken", "The audit trail is not as it was written"),
                    (
                        "retention_proposed",
                        "A shorter retention period is waiting for a second admin",
                    ),
                    (
                        "retention_refused",
                        "The shorter retention period that you proposed was refused",
                    ),
                    ("records_will_end", "Records will lose their names tomorrow"),
                    ("record_not_ended", "A record could not end"),
                    ("erasure_granted", "An erasure was granted and is waiting for a second admin"),
                    ("erasure_taken_back", "An erasure that you granted was withdrawn"),
                    ("account_made", "A staff account was created"),
                    ("account_changed", "How a member of staff signs in was changed"),
                    ("patients_taken_over", "You take over the patients of a colleague who left"),
                    (
                        "patients_passed_on",
                        "Patients whom you had taken over are now with another doctor",
                    ),
                    ("login_made", "A patient got a login"),
                    ("contact_changed", "A patient’s email or phone was changed"),
                    ("message_failed", "A message to a patient may not have arrived"),
                ],
                max_length=30,
                verbose_name="kind",
            ),
        ),
    ]
