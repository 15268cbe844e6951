"""Date and time formats in Arabic; input is read in the same way in every language."""

DATE_FORMAT = "j F Y"
SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y، H:i"
SHORT_DATETIME_FORMAT = "j M Y، H:i"
SHORT_DAY_TIME_FORMAT = "j M، H:i"
# A short weekday would lose its article.
WEEKDAY_TIME_FORMAT = "l j M، H:i"
MONTH_DAY_FORMAT = "j F"
WEEKDAY_FORMAT = "l j F"
WEEKDAY_DATE_FORMAT = "l j F Y"
SHORT_WEEKDAY_DATE_FORMAT = "l j F Y"
WEEKDAY_DATETIME_FORMAT = "l j F Y، H:i"
LONG_WEEKDAY_TIME_FORMAT = "l j F، H:i"
DAY_TIME_FORMAT = "j F، H:i"
DAY_SECONDS_FORMAT = "j F، H:i:s"
DATETIME_SECONDS_FORMAT = "j F Y، H:i:s"
FIRST_DAY_OF_WEEK = 1
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"]
