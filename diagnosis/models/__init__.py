from diagnosis.atlas.models import AtlasImage
from diagnosis.lesions.models import Lesion, LesionImage
from diagnosis.letters.models import ReferralLetter
from diagnosis.predictions.models.disease import Disease, DiseaseStage
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.models.worker import WorkerHeartbeat
from diagnosis.reviews.models.review import Review, TrainingSample
from diagnosis.reviews.models.training_export import TrainingExport
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis

__all__ = [
    "AtlasImage",
    "Disease",
    "DiseaseStage",
    "Lesion",
    "LesionImage",
    "Prediction",
    "ReferralLetter",
    "Review",
    "TrainingExport",
    "TrainingSample",
    "VisitDiagnosis",
    "WorkerHeartbeat",
]
