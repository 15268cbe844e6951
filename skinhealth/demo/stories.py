"""The findings of the demo's visits, and what the doctor writes about them."""

from dataclasses import dataclass

from clinic.records.services.prescriptions import DraftLine


@dataclass(frozen=True)
class Story:
    """A finding: the code of the disease, the class it is drawn as, and the doctor's words."""

    disease: str
    drawn_as: str
    reason: str
    symptoms: tuple[str, ...]
    examination: str
    conclusion: str
    correction: str
    prescription: tuple[DraftLine, ...] = ()
    prescribed_anyway: str = ""  # the reason, if the drug table warns
    follow_up_weeks: int | None = None
    also: tuple[str, ...] = ()  # codes of ICD-10 that are about no photograph
    growth: float = 1.0  # by how much it is wider from one photograph to the next


NEVUS = Story(
    disease="nv",
    drawn_as="nv",
    reason="Mole that a relative noticed",
    symptoms=("colour-change",),
    examination="Symmetric, regular network, even brown. No change since last year’s photograph.",
    follow_up_weeks=52,
    conclusion="This mole is harmless. Show it again if it grows, bleeds or changes colour.",
    correction="Regular network and symmetry: a nevus under the dermatoscope.",
)
MELANOMA = Story(
    disease="mel",
    drawn_as="mel",
    growth=1.2,
    reason="Dark spot that has grown since the spring",
    symptoms=("growth", "colour-change", "shape-change"),
    examination=(
        "Asymmetric in two axes, several colours, blue-white veil, irregular streaks. "
        "Excision with 2 mm margin planned for this week; patient informed."
    ),
    conclusion=(
        "This spot has to be removed and looked at under the microscope. "
        "We have an appointment for you this week; the result follows within ten days."
    ),
    correction="Blue-white veil and asymmetry outweigh the answer: treated as melanoma.",
)
BASAL_CELL = Story(
    disease="bcc",
    drawn_as="bcc",
    growth=1.08,
    reason="Small sore that does not heal",
    symptoms=("bleeding", "crusting", "ulceration"),
    examination=(
        "Pearly rim, arborising vessels, small erosion. Punch biopsy taken, local anaesthesia."
    ),
    conclusion=(
        "This is a skin cancer that grows slowly and hardly ever spreads. "
        "It is removed in one small operation."
    ),
    correction="Arborising vessels and a pearly rim: basal cell carcinoma.",
    prescription=(
        DraftLine(
            drug="Fusidic acid",
            form="cream",
            strength="2 %",
            dose="a thin layer",
            route="on the skin",
            frequency="twice a day",
            duration="7 days",
            quantity="1 tube of 15 g",
        ),
    ),
)
KERATOSIS = Story(
    disease="akiec",
    drawn_as="akiec",
    also=("L21",),
    reason="Rough patch that comes back",
    symptoms=("scaling", "redness"),
    examination=(
        "Erythematous base with white-yellow scale, strawberry pattern. Field cancerisation."
    ),
    conclusion=(
        "This patch comes from years of sun. Treated now, it rarely turns into anything worse. "
        "Use the cream, expect redness for some days, and wear a hat."
    ),
    correction="Strawberry pattern and scale on sun-damaged skin: actinic keratosis.",
    prescription=(
        DraftLine(
            drug="Fluorouracil",
            form="cream",
            strength="5 %",
            dose="a thin layer",
            route="on the patch",
            frequency="once a day, in the evening",
            duration="3 weeks",
            quantity="1 tube of 20 g",
            note="Wash your hands afterwards.",
        ),
        DraftLine(
            drug="Sunscreen SPF 50+",
            dose="generously",
            route="on the skin",
            frequency="every two hours outdoors",
            duration="long-term",
            is_as_needed=True,
        ),
    ),
)
SEBORRHOEIC = Story(
    disease="bkl",
    drawn_as="bkl",
    reason="Brown spot that catches on clothes",
    symptoms=("itching",),
    examination="Waxy, sharply bordered, comedo-like openings and milia-like cysts. Benign.",
    conclusion="A harmless thickening of the skin. It can stay, or be frozen off if you like.",
    correction="Comedo-like openings and milia-like cysts: benign keratosis.",
)
FIBROMA = Story(
    disease="df",
    drawn_as="df",
    reason="Firm knot on the shin",
    symptoms=(),
    examination="Central white patch, delicate network around it, dimple sign positive.",
    conclusion="A harmless knot of scar-like tissue, often after an insect bite. Nothing to do.",
    correction="White patch and dimple sign: dermatofibroma.",
)
VASCULAR = Story(
    disease="vasc",
    drawn_as="vasc",
    reason="Red spot that bled once",
    symptoms=("bleeding",),
    examination="Red and purple lagoons, sharply bordered, no pigment. Cherry angioma.",
    conclusion="A harmless spot made of small blood vessels.",
    correction="Red lagoons without pigment: a vascular lesion.",
)
PSORIASIS = Story(
    disease="psoriasis",
    drawn_as="akiec",
    also=("L85.3",),
    reason="Itching patches on the elbows",
    symptoms=("itching", "scaling", "redness"),
    examination=(
        "Well-bordered plaques, silvery scale, dotted vessels in regular order. Nails clear."
    ),
    conclusion="Psoriasis: not catching, and treatable. Use the ointment every evening.",
    correction="Dotted vessels in regular order on both elbows: psoriasis, outside the classes.",
    prescription=(
        DraftLine(
            drug="Calcipotriol and betamethasone",
            form="ointment",
            strength="50 µg/g + 0.5 mg/g",
            dose="a thin layer",
            route="on the patches",
            frequency="once a day",
            duration="4 weeks",
            quantity="1 tube of 60 g",
        ),
    ),
)
PLAQUES = Story(
    disease="psoriasis",
    drawn_as="akiec",
    reason="Patches on arms and back in spite of the ointment",
    symptoms=("itching", "scaling"),
    examination="Plaques on both arms and the lower back, a tenth of the skin. No swollen joints.",
    conclusion=(
        "The psoriasis needs a tablet now, once a week and never once a day. "
        "Leave out the ibuprofen, and come for a blood test in two weeks."
    ),
    correction="Known psoriasis, seen again: outside the classes.",
    prescription=(
        DraftLine(
            drug="Methotrexate",
            form="tablet",
            strength="15 mg",
            dose="1 tablet",
            route="by mouth",
            frequency="once a week, on Mondays",
            duration="8 weeks",
            quantity="8 tablets",
            is_substitution_allowed=False,
            note="Never on two days of one week.",
        ),
        DraftLine(
            drug="Folic acid",
            form="tablet",
            strength="5 mg",
            dose="1 tablet",
            route="by mouth",
            frequency="once a week, on Tuesdays",
            duration="8 weeks",
            quantity="8 tablets",
        ),
    ),
    prescribed_anyway="Ibuprofen is stopped today; blood count and kidneys in two weeks.",
    follow_up_weeks=8,
)


@dataclass(frozen=True)
class PastVisit:
    """A signed visit: when, which doctor and patient (by number), what was found and where."""

    days_ago: int
    clock: str
    doctor: int
    patient: int
    story: Story
    body_site: str
    is_reviewed: bool = True


# In chronological order; patient 0 is the one who can be chosen on the sign-in page.
PAST_VISITS = (
    PastVisit(187, "10:00", 0, 10, NEVUS, "abdomen"),
    PastVisit(181, "15:00", 2, 14, NEVUS, "left-arm"),
    PastVisit(174, "09:15", 0, 18, KERATOSIS, "scalp"),
    PastVisit(168, "11:00", 1, 9, SEBORRHOEIC, "back"),
    PastVisit(161, "16:00", 0, 4, KERATOSIS, "scalp"),
    PastVisit(154, "10:30", 0, 21, NEVUS, "left-arm"),
    PastVisit(147, "14:30", 2, 12, NEVUS, "chest"),
    PastVisit(140, "09:45", 1, 3, FIBROMA, "left-leg"),
    PastVisit(133, "15:30", 0, 20, NEVUS, "abdomen"),
    PastVisit(126, "09:00", 0, 0, NEVUS, "back"),
    PastVisit(119, "11:30", 0, 17, FIBROMA, "right-leg"),
    PastVisit(112, "15:15", 0, 10, SEBORRHOEIC, "chest"),
    PastVisit(105, "14:00", 2, 23, NEVUS, "abdomen"),
    PastVisit(98, "10:15", 1, 9, SEBORRHOEIC, "back"),
    PastVisit(91, "09:00", 0, 2, NEVUS, "left-arm"),
    PastVisit(84, "14:30", 0, 4, BASAL_CELL, "face"),
    PastVisit(77, "10:45", 0, 22, VASCULAR, "chest"),
    PastVisit(70, "15:45", 2, 18, SEBORRHOEIC, "back"),
    PastVisit(63, "11:00", 0, 2, NEVUS, "left-arm"),
    PastVisit(56, "09:30", 1, 6, NEVUS, "abdomen"),
    PastVisit(49, "15:00", 2, 12, MELANOMA, "back"),
    PastVisit(46, "16:30", 0, 13, NEVUS, "back"),
    PastVisit(42, "10:45", 0, 23, PLAQUES, "left-arm"),
    PastVisit(39, "14:15", 0, 8, NEVUS, "right-arm"),
    PastVisit(35, "09:30", 0, 0, KERATOSIS, "scalp"),
    PastVisit(32, "14:45", 2, 15, BASAL_CELL, "face"),
    PastVisit(28, "10:00", 1, 6, PSORIASIS, "left-arm"),
    PastVisit(25, "11:15", 0, 1, FIBROMA, "right-arm"),
    PastVisit(21, "16:15", 0, 13, FIBROMA, "right-leg"),
    PastVisit(18, "15:00", 2, 9, KERATOSIS, "face"),
    PastVisit(14, "09:15", 0, 18, KERATOSIS, "scalp"),
    PastVisit(9, "11:30", 0, 15, VASCULAR, "abdomen"),
    PastVisit(8, "10:30", 0, 21, NEVUS, "left-arm"),
    PastVisit(6, "15:15", 2, 23, MELANOMA, "right-leg", is_reviewed=False),
    PastVisit(4, "16:45", 0, 5, NEVUS, "back", is_reviewed=False),
    PastVisit(3, "10:30", 0, 14, SEBORRHOEIC, "chest", is_reviewed=False),
)


def first_seen(patient: int, body_site: str, *, otherwise: int) -> int:
    """Return the number of the visit in which a lesion was first seen, to draw it as it was."""
    places = [(visit.patient, visit.body_site) for visit in PAST_VISITS]
    return places.index((patient, body_site)) if (patient, body_site) in places else otherwise
