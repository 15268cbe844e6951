from diagnosis.models.disease import Disease, DiseaseStage
from diagnosis.models.lesion import Lesion, LesionImage
from diagnosis.models.prediction import Prediction
from diagnosis.models.review import Review, TrainingSample

__all__ = [
    "Disease",
    "DiseaseStage",
    "Lesion",
    "LesionImage",
    "Prediction",
    "Review",
    "TrainingSample",
]
