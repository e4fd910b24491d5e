"""Columns that describe a fleet, and their names in tables and in the cloud's answers."""

from collections.abc import Mapping

from imports.batches.columns import plain

PRODUCT_KEY, PRODUCT_SECRET, PRODUCT_NAME = "ProductKey", "ProductSecret", "ProductName"
DEVICE_NAME, DEVICE_SECRET, NICKNAME = "DeviceName", "DeviceSecret", "Nickname"
CLIENT_ID, DEVICE_TOKEN, IOT_ID = "ClientID", "DeviceToken", "IotId"
# Told by the cloud's answers, and understood in tables too.
STATUS, ACTIVE_TIME, CREATE_TIME = "Status", "UtcActive", "UtcCreate"
CHINA_ACTIVE_TIME, CHINA_CREATE_TIME = "GmtActive", "GmtCreate"
NODE_TYPE, NET_TYPE, DATA_FORMAT = "NodeType", "NetType", "DataFormat"
DESCRIPTION, PRODUCT_STATUS = "Description", "ProductStatus"

# What must never be shown, logged or stored in clear.
SECRET = frozenset({PRODUCT_SECRET, DEVICE_SECRET, DEVICE_TOKEN})
OF_PRODUCTS = (
    PRODUCT_SECRET,
    PRODUCT_NAME,
    NODE_TYPE,
    NET_TYPE,
    DATA_FORMAT,
    DESCRIPTION,
    PRODUCT_STATUS,
)
OF_DEVICES = (
    DEVICE_SECRET,
    NICKNAME,
    IOT_ID,
    STATUS,
    ACTIVE_TIME,
    CHINA_ACTIVE_TIME,
    CREATE_TIME,
    CHINA_CREATE_TIME,
)
OF_CLIENT_IDS = (CLIENT_ID, DEVICE_TOKEN)

# Headers as `plain` leaves them: the platform's spellings, and those of its Chinese console.
_NAMES: Mapping[str, tuple[str, ...]] = {
    PRODUCT_KEY: ("productkey", "产品key", "产品标识", "產品key"),
    PRODUCT_SECRET: ("productsecret", "产品密钥", "产品secret", "產品密鑰"),
    PRODUCT_NAME: ("productname", "产品名称", "产品名", "產品名稱"),
    DEVICE_NAME: ("devicename", "设备名称", "设备名", "設備名稱"),
    DEVICE_SECRET: ("devicesecret", "设备密钥", "设备secret", "設備密鑰"),
    NICKNAME: ("nickname", "alias", "备注名称", "备注名", "备注", "别名", "昵称", "備註名稱"),
    CLIENT_ID: ("clientid", "客户端id"),
    DEVICE_TOKEN: ("devicetoken", "设备令牌", "设备token"),
    IOT_ID: ("iotid", "设备id"),
    STATUS: ("status", "devicestatus", "state", "状态", "设备状态", "狀態"),
    ACTIVE_TIME: ("utcactive", "activetime", "activatedat", "激活时间"),
    CHINA_ACTIVE_TIME: ("gmtactive",),
    CREATE_TIME: ("utccreate",),
    CHINA_CREATE_TIME: ("gmtcreate", "createtime", "创建时间"),
    NODE_TYPE: ("nodetype", "节点类型"),
    NET_TYPE: ("nettype", "联网方式"),
    DATA_FORMAT: ("dataformat", "数据格式"),
    DESCRIPTION: ("description", "产品描述"),
    PRODUCT_STATUS: ("productstatus",),
}
_COLUMN_OF = {name: column for column, names in _NAMES.items() for name in names}
# One of these has to be there for a table to be of use.
NEEDED = (PRODUCT_KEY, DEVICE_NAME, IOT_ID)


def column_of(header: str) -> str | None:
    """Which column a header means, however it is written."""
    return _COLUMN_OF.get(plain(header))


def is_known(header: str) -> bool:
    return column_of(header) is not None


def masked(column: str, value: str) -> str:
    """As it may be shown: of a secret no more than how long it is."""
    return f"•••• ({len(value)})" if value and column in SECRET else value
