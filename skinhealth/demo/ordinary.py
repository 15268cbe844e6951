"""The findings of the demo's ordinary visits, in which no photograph is taken."""

from dataclasses import dataclass


@dataclass(frozen=True)
class OrdinaryVisit:
    """The doctor's notes under their headings, and a drug: name, form, strength, use, duration.

    `icd10` is the code of the diagnosis, if there is one.
    """

    reason: str
    history: str
    examination: str
    assessment: str
    plan: str
    conclusion: str
    drug: tuple[str, str, str, str, str] | None = None
    icd10: str = ""


ORDINARY_VISITS = (
    OrdinaryVisit(
        "Acne that does not get better", "For two years, worse before exams. Washes twice a day.",
        "Comedones and papules on forehead and chin, no scars.", "Acne, mild to moderate.",
        "Gel in the evening for eight weeks, then follow-up.",
        "This is acne. The gel needs about eight weeks; a little dryness at first is normal.",
        ("Benzoyl peroxide", "gel", "5 %", "once a day, in the evening", "8 weeks"),
        icd10="L70.0",
    ),
    OrdinaryVisit(
        "Itching in the crooks of the elbows", "Eczema as a child, worse since the heating is on.",
        "Dry skin, red and scratched patches in both elbows.", "Atopic eczema, moderate flare.",
        "Ointment for a week, moisturiser every day, no wool on the skin.",
        "This is eczema. Use the ointment for one week and the moisturiser every day.",
        ("Mometasone furoate", "ointment", "0.1 %", "once a day", "7 days"),
        icd10="L20",
    ),
    OrdinaryVisit(
        "Yearly check of the skin", "No new spots noticed. Sunburns as a child.",
        "Whole skin examined. Several regular moles, none conspicuous.", "No suspicious lesion.",
        "Check once a year, sun protection.",
        "Your skin was examined from head to toe, and nothing needs to be done.",
    ),
    OrdinaryVisit(
        "Red cheeks that burn", "Flushes with wine and hot soup, for about a year.",
        "Redness and fine vessels on both cheeks, some papules.", "Rosacea.",
        "Gel twice a day, note what brings on the flushes, sun protection.",
        "This is rosacea. The gel calms it; avoid what makes you flush.",
        ("Metronidazole gel", "gel", "0.75 %", "twice a day", "8 weeks"),
        icd10="L71",
    ),
    OrdinaryVisit(
        "Wart on the sole", "For three months, hurts in running shoes.",
        "Callous plaque of 6 mm with black dots below the left forefoot.", "Plantar wart.",
        "Frozen twice for ten seconds. Repeat in three weeks if it is still there.",
        "The wart was frozen. A blister may form and will heal by itself.",
        icd10="B07",
    ),
    OrdinaryVisit(
        "Thick yellow toenail", "For years; began after a holiday. Wears safety shoes.",
        "Right big toe: yellow, thickened, crumbling at the rim. Scraping taken.",
        "Nail fungus is likely.", "Wait for the culture, then decide on the treatment.",
        "A sample of the nail was sent in. We will call you when we have the result.",
        icd10="B35.1",
    ),
    OrdinaryVisit(
        "Weals that come and go", "For two weeks, mostly in the evening. No new food or drugs.",
        "Some weals on trunk and arms, none older than a day. No swelling of the lips.",
        "Urticaria of recent onset.", "Tablet once a day, photographs of the weals.",
        "These are hives. They nearly always go away on their own; the tablet stops the itching.",
        ("Desloratadine", "tablet", "5 mg", "once a day", "4 weeks"),
        icd10="L50",
    ),
    OrdinaryVisit(
        "Hair that falls out", "Since the summer, after an infection with fever.",
        "Diffuse, pull test slightly positive, scalp without redness or scars.",
        "Telogen effluvium.", "Blood count, ferritin and TSH; follow-up with the results.",
        "Hair often falls out after a fever and grows back within a few months.",
        icd10="L65.0",
    ),
    OrdinaryVisit(
        "Rash under the watch", "New strap for a month, itches at night.",
        "Sharply bordered red patch with small blisters on the left wrist.",
        "Contact allergy, nickel is likely.", "Strap away, cream for five days, patch test.",
        "Your skin reacts to the metal of the strap. Leave it off and use the cream.",
        ("Hydrocortisone butyrate", "cream", "0.1 %", "once a day", "5 days"),
        icd10="L23",
    ),
    OrdinaryVisit(
        "Stitches to be removed", "Excision twelve days ago, no pain, no fever.",
        "Scar closed and without irritation, five stitches removed.", "Healing without trouble.",
        "Strips for a week, no sport for two.", "The wound has healed well.",
    ),
)  # fmt: skip
