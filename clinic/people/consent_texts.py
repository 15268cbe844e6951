"""The texts that patients agree to, by version and language, word for word as they were read.

A published version is never edited or removed, not even for a comma: consents refer to it. A
better text is a new version, and `DOCUMENT_VERSION` names the one in use today.
"""

from dataclasses import dataclass

DOCUMENT_VERSION = "1"
FALLBACK_LANGUAGE = "en"


@dataclass(frozen=True)
class ConsentWords:
    """What a patient agrees to, and what happens without it."""

    meaning: str
    without: str


CONSENT_TEXTS: dict[str, dict[str, dict[str, ConsentWords]]] = {
    "1": {
        "en": {
            "care": ConsentWords(
                meaning="The clinic keeps a record of your visits and uses it to treat you.",
                without=(
                    "Without it we cannot treat you. What the law makes us keep stays in "
                    "the record."
                ),
            ),
            "photography": ConsentWords(
                meaning=(
                    "The doctor photographs your skin and keeps the photographs in your record."
                ),
                without="Without it no new photographs are taken. You are treated all the same.",
            ),
            "ai_analysis": ConsentWords(
                meaning=(
                    "A program in the clinic looks at the photographs and gives the doctor "
                    "a second opinion. A doctor always decides."
                ),
                without=(
                    "Without it the program does not look at your photographs. The doctor "
                    "does, as ever."
                ),
            ),
            "training": ConsentWords(
                meaning=(
                    "Photographs that a doctor has checked may help the program to learn, "
                    "without your name or date of birth."
                ),
                without=(
                    "Without it your photographs are in no new collection that the program "
                    "learns from."
                ),
            ),
            "reminders": ConsentWords(
                meaning=(
                    "We remind you of your visits. A reminder says when and where, nothing medical."
                ),
                without=(
                    "Without it you get no reminders. You still hear when a visit is "
                    "booked or cancelled."
                ),
            ),
            "teaching": ConsentWords(
                meaning="Doctors may show your photographs to students, without your name.",
                without="Without it your photographs are not shown in lessons.",
            ),
        },
        "fr": {
            "care": ConsentWords(
                meaning=(
                    "La clinique tient un dossier de vos consultations et s’en sert pour "
                    "vous soigner."
                ),
                without=(
                    "Sans lui, nous ne pouvons pas vous soigner. Ce que la loi nous oblige "
                    "à garder reste dans le dossier."
                ),
            ),
            "photography": ConsentWords(
                meaning=(
                    "Le médecin photographie votre peau et conserve les photographies dans "
                    "votre dossier."
                ),
                without=(
                    "Sans lui, aucune nouvelle photographie n’est prise. Vous êtes soigné "
                    "de la même façon."
                ),
            ),
            "ai_analysis": ConsentWords(
                meaning=(
                    "Un programme de la clinique examine les photographies et donne au "
                    "médecin un deuxième avis. C’est toujours un médecin qui décide."
                ),
                without=(
                    "Sans lui, le programme n’examine pas vos photographies. Le médecin "
                    "les examine, comme toujours."
                ),
            ),
            "training": ConsentWords(
                meaning=(
                    "Les photographies vérifiées par un médecin peuvent aider le programme "
                    "à apprendre, sans votre nom ni votre date de naissance."
                ),
                without=(
                    "Sans lui, vos photographies ne figurent dans aucune nouvelle "
                    "collection dont le programme apprend."
                ),
            ),
            "reminders": ConsentWords(
                meaning=(
                    "Nous vous rappelons vos rendez-vous. Un rappel indique la date et le "
                    "lieu, rien de médical."
                ),
                without=(
                    "Sans lui, vous ne recevez pas de rappels. Vous êtes tout de même "
                    "averti lorsqu’un rendez-vous est pris ou annulé."
                ),
            ),
            "teaching": ConsentWords(
                meaning=(
                    "Les médecins peuvent montrer vos photographies à des étudiants, sans "
                    "votre nom."
                ),
                without="Sans lui, vos photographies ne sont pas montrées dans les cours.",
            ),
        },
        "ar": {
            "care": ConsentWords(
                meaning="تحتفظ العيادة بملف لزياراتك وتستخدمه لعلاجك.",
                without="بدونها لا يمكننا علاجك. ويبقى في الملف ما يلزمنا القانون بحفظه.",
            ),
            "photography": ConsentWords(
                meaning="يصوّر الطبيب بشرتك ويحفظ الصور في ملفك.",
                without="بدونها لا تُلتقط صور جديدة، وتُعالج كالمعتاد.",
            ),
            "ai_analysis": ConsentWords(
                meaning=(
                    "يفحص برنامج في العيادة الصور ويقدم للطبيب رأيًا ثانيًا. والطبيب هو من "
                    "يقرر دائمًا."
                ),
                without="بدونها لا يفحص البرنامج صورك، بل يفحصها الطبيب كالمعتاد.",
            ),
            "training": ConsentWords(
                meaning=(
                    "يمكن للصور التي راجعها طبيب أن تساعد البرنامج على التعلم، دون اسمك أو "
                    "تاريخ ميلادك."
                ),
                without="بدونها لا تدخل صورك في أي مجموعة جديدة يتعلم منها البرنامج.",
            ),
            "reminders": ConsentWords(
                meaning="نذكّرك بمواعيدك. يذكر التذكير الوقت والمكان فقط، ولا شيء طبيًا.",
                without="بدونها لا تصلك تذكيرات، لكننا نخبرك عند حجز موعد أو إلغائه.",
            ),
            "teaching": ConsentWords(
                meaning="يمكن للأطباء عرض صورك على الطلاب دون ذكر اسمك.",
                without="بدونها لا تُعرض صورك في الدروس.",
            ),
        },
    },
}


def consent_words(
    purpose: str, *, language: str | None, version: str = DOCUMENT_VERSION
) -> ConsentWords | None:
    """Return the text of a version in a language; none if a clinic used its own papers."""
    texts = CONSENT_TEXTS.get(version)
    if texts is None:
        return None
    return texts.get(language or "", texts[FALLBACK_LANGUAGE])[purpose]
