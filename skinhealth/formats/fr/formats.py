"""Date and time formats in French; input is read in the same way in every language."""

DATE_FORMAT = "j F Y"
# `b` is the month in lower case, as French writes it; `M` would begin with a capital.
SHORT_DATE_FORMAT = "j b Y"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j F Y à H:i"
SHORT_DATETIME_FORMAT = "j b Y, H:i"
SHORT_DAY_TIME_FORMAT = "j b, H:i"
WEEKDAY_TIME_FORMAT = "D j b, H:i"
MONTH_DAY_FORMAT = "j F"
WEEKDAY_FORMAT = "l j F"
WEEKDAY_DATE_FORMAT = "l j F Y"
SHORT_WEEKDAY_DATE_FORMAT = "D j F Y"
WEEKDAY_DATETIME_FORMAT = "l j F Y à H:i"
LONG_WEEKDAY_TIME_FORMAT = "l j F à H:i"
DAY_TIME_FORMAT = "j F à H:i"
DAY_SECONDS_FORMAT = "j F à H:i:s"
DATETIME_SECONDS_FORMAT = "j F Y à H:i:s"
FIRST_DAY_OF_WEEK = 1
DATE_INPUT_FORMATS = ["%Y-%m-%d", "%d/%m/%Y"]
TIME_INPUT_FORMATS = ["%H:%M", "%H:%M:%S"]
DATETIME_INPUT_FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M"]
