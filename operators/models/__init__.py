"""Accounts of the console, their second factors, and what they did."""

from operators.models.access_key import AccessKey, AccessKeyScope, SeenNonce
from operators.models.account import Operator, Role
from operators.models.audit import AuditEntry, AuditHead
from operators.models.authenticator import Authenticator
from operators.models.backup_codes import BackupCode, BackupCodeDevice
from operators.models.invitation import Invitation
from operators.models.login_attempts import SignInAttempt
from operators.models.saved_filter import SavedFilter
from operators.models.session import SignedIn
from operators.models.sms import SmsDevice, SmsLine, SmsSend, Try, new_code

__all__ = [
    "AccessKey",
    "AccessKeyScope",
    "AuditEntry",
    "AuditHead",
    "Authenticator",
    "BackupCode",
    "BackupCodeDevice",
    "Invitation",
    "Operator",
    "Role",
    "SavedFilter",
    "SeenNonce",
    "SignInAttempt",
    "SignedIn",
    "SmsDevice",
    "SmsLine",
    "SmsSend",
    "Try",
    "new_code",
]
