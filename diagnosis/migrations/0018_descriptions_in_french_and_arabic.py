"""Add the clinical descriptions of the first diseases in French and Arabic."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

# code: the beginning of the description it translates, then French and Arabic
DESCRIPTIONS = {
    "nv": (
        "Symmetrical, one or two even browns",
        "Symétrique, un ou deux bruns uniformes, un réseau régulier ou des globules qui s’estompent vers le bord ; stable au fil des mois.",
        "متناظرة، بلون بني واحد أو لونين متجانسين، وشبكة منتظمة أو كريات تتلاشى نحو الحافة؛ ثابتة على مدى أشهر.",
    ),
    "mel": (
        "Asymmetry of colour and structure",
        "Asymétrie des couleurs et des structures, réseau atypique, points irréguliers et stries en périphérie, voile bleu-blanc, régression. Tout changement compte.",
        "عدم تناظر في اللون والبنية، شبكة غير نمطية، نقاط غير منتظمة وخطوط عند الحافة، غلالة زرقاء بيضاء، تراجع. كل تغيّر مهم.",
    ),
    "bcc": (
        "A pearly rim with branching vessels",
        "Bordure perlée à vaisseaux arborescents, nids ovoïdes gris-bleu, aires en feuille d’érable, ulcération ; pas de réseau pigmentaire.",
        "حافة لؤلؤية بأوعية متفرعة، أعشاش بيضوية رمادية زرقاء، مناطق تشبه ورق الشجر، تقرح؛ دون شبكة صبغية.",
    ),
    "akiec": (
        "Rough scale on sun-damaged skin",
        "Squames rugueuses sur une peau abîmée par le soleil ; au visage, pseudo-réseau rouge autour de follicules pâles. Dans la maladie de Bowen, vaisseaux en points ou glomérulaires groupés.",
        "حراشف خشنة على جلد أضرّت به الشمس؛ في الوجه شبكة كاذبة حمراء حول جريبات شاحبة. وفي داء بوين أوعية نقطية أو كبيبية في مجموعات.",
    ),
    "bkl": (
        "A sharp rim, a stuck-on surface",
        "Bord net, surface comme posée sur la peau, kystes de type milium, ouvertures de type comédon, sillons cérébriformes.",
        "حافة واضحة، سطح كأنه ملصق على الجلد، كيسات دخنية الشكل، فتحات تشبه الزؤان، أتلام تشبه الدماغ.",
    ),
    "df": (
        "A firm knot that dimples",
        "Nodule ferme qui se creuse quand on le pince ; centre pâle comme une cicatrice, entouré d’un réseau fin.",
        "عقدة صلبة تنخسف عند قرصها؛ مركز شاحب كالندبة حوله شبكة دقيقة.",
    ),
    "vasc": (
        "Red, blue or black lagoons",
        "Lagunes rouges, bleues ou noires bien délimitées, sans réseau pigmentaire ; la pression les fait pâlir.",
        "بحيرات حمراء أو زرقاء أو سوداء واضحة الحدود دون شبكة صبغية؛ تشحب بالضغط.",
    ),
    "scc": (
        "A growing, keratotic or ulcerated",
        "Nodule qui grandit, kératosique ou ulcéré ; cercles blancs, amas de kératine et vaisseaux en boucle.",
        "عقدة متنامية متقرنة أو متقرحة؛ دوائر بيضاء وكتل من الكيراتين وأوعية ملتفة.",
    ),
    "psoriasis": (
        "Sharply bordered red plaques",
        "Plaques rouges bien délimitées à squames argentées sur les coudes, les genoux et le cuir chevelu ; vaisseaux en points répartis régulièrement.",
        "لويحات حمراء واضحة الحدود بحراشف فضية على المرفقين والركبتين وفروة الرأس؛ أوعية نقطية موزعة بانتظام.",
    ),
    "eczema": (
        "Itching, poorly bordered redness",
        "Rougeurs mal délimitées qui démangent, avec croûtes ou lichénification ; croûtes séreuses jaunes et vaisseaux en points irrégulièrement répartis.",
        "احمرار حاك غير واضح الحدود مع قشور أو تحزّز؛ قشور مصلية صفراء وأوعية نقطية متفرقة.",
    ),
    "tinea": (
        "A ring that grows",
        "Anneau qui s’étend par un bord squameux et guérit au centre ; confirmé par l’examen au microscope ou la culture.",
        "حلقة تتوسع من حافة متقشرة وتشفى في الوسط؛ تُؤكَّد بالمجهر أو بالزرع.",
    ),
    "acne": (
        "Comedones, papules and pustules",
        "Comédons, papules et pustules du visage et du tronc ; nodules et cicatrices dans les formes sévères.",
        "زؤان وحطاطات وبثور في الوجه والجذع؛ عُقد وندبات في الحالات الشديدة.",
    ),
    "rosacea": (
        "Lasting redness of the middle",
        "Rougeur durable du centre du visage, vaisseaux en polygones, papules et pustules sans comédons.",
        "احمرار دائم في وسط الوجه، أوعية بشكل مضلعات، حطاطات وبثور دون زؤان.",
    ),
    "wart": (
        "A rough papule that interrupts",
        "Papule rugueuse qui interrompt les lignes de la peau, à vaisseaux en points ou thrombosés.",
        "حطاطة خشنة تقطع خطوط الجلد، بأوعية نقطية أو متخثرة.",
    ),
    "cyst": (
        "A mobile, dome-shaped nodule",
        "Nodule mobile, en dôme, avec un orifice central.",
        "عقدة متحركة بشكل قبة لها فتحة مركزية.",
    ),
    "dysplastic-nevus": (
        "Larger than 5 mm, irregular rim",
        "Plus de 5 mm, bord irrégulier, plusieurs bruns ; à juger par rapport aux autres grains de beauté du patient et dans le temps.",
        "أكبر من 5 مم، حافة غير منتظمة، عدة درجات من البني؛ تُقيَّم مقارنةً بشامات المريض الأخرى ومع الوقت.",
    ),
}


def translate(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    # A description that the clinic has changed says something else, and its translations stay.
    for disease in apps.get_model("diagnosis", "Disease").objects.filter(code__in=DESCRIPTIONS):
        beginning, *texts = DESCRIPTIONS[disease.code]
        if not disease.clinical_description.startswith(beginning):
            continue
        for language, text in zip(("fr", "ar"), texts, strict=True):
            said = {"clinical_description": text} | disease.translations.get(language, {})
            disease.translations = {**disease.translations, language: said}
        disease.save(update_fields=["translations"])


class Migration(migrations.Migration):
    dependencies = [("diagnosis", "0017_own_words_of_a_diagnosis")]

    operations = [migrations.RunPython(translate, migrations.RunPython.noop)]
