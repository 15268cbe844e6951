from diagnosis.models.atlas import AtlasImage
from diagnosis.models.disease import Disease, DiseaseStage
from diagnosis.models.lesion import Lesion, LesionImage
from diagnosis.models.prediction import Prediction
from diagnosis.models.referral import ReferralLetter
from diagnosis.models.review import Review, TrainingSample
from diagnosis.models.training_export import TrainingExport
from diagnosis.models.worker import WorkerHeartbeat

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
    "WorkerHeartbeat",
]
