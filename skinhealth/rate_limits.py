"""How often somebody may try something before the site makes them wait."""

# These add to allauth's own limits or replace them. A whole clinic shares an address, so addresses
# never count alone for known devices, which `clinic.people.account_throttle` lets pass.
RATE_LIMITS = {
    "login": "",
    "reset_password": "",
    "reset_password_from_key": "",
    "login_failed": "5/15m/key",  # a second factor
    "password": "5/15m/key",
    "password_anywhere": "50/15m/key",
    "password_nearby": "100/15m/ip",
    "reset_mail": "5/m/key",
    "reset_mail_anywhere": "10/10m/key",
    "reset_mail_nearby": "20/m/ip",
    # Guesses of the six digits in that email: for one of them, and for an account.
    "reset_code": "5/10m/key",
    "reset_code_anywhere": "30/d/key",
    "sign_up": "20/10m/ip,3/10m/key",
    "emergency_access": "10/10m/key",
    # Wrong secrets in addresses; right ones are not counted.
    "reset_link_guess": "20/m/ip",
    "document_verify": "60/m/ip",
    "reminder_answer": "60/m/ip",
    "secret_guess": "30/m/ip",
    # The password when it is asked again, and the code on paper that opens a record.
    "own_password": "30/10m/key",
    "record_code": "10/h/key",
}
