"""Records as people type them, for tests: whole ones, that hold against every rule."""

from __future__ import annotations

from typing import Final

SEAL: Final = {
    "co_quan_cap_tren": "CÔNG AN TỈNH SÓC TRĂNG",
    "co_quan_cap": "PHÒNG CẢNH SÁT QUẢN LÝ HÀNH CHÍNH VỀ TRẬT TỰ XÃ HỘI",
    "so": "45/ĐKMD",
    "so_quyet_dinh": "12/QĐ-UBND",
    "ngay_quyet_dinh": "3/1/19",
    "co_quan_quyet_dinh": "UBND tỉnh Sóc Trăng",
    "ten_to_chuc": "Trung tâm Văn hoá huyện Mỹ Xuyên",
    "dia_chi": "Số 1 đường Trần Hưng Đạo, huyện Mỹ Xuyên",
    "loai_dau": "Dấu ướt",
    "so_luong": "01 (một) con dấu",
    "ngay_hieu_luc": "100320",
    "ngay_cap": "10032020",
    "chuc_vu_ky": "TRƯỞNG PHÒNG",
    "cap_bac": "Thượng tá",
    "nguoi_ky": "Lê Văn Đức",
}

# What no field of it says: nothing is held of the paper, and it has no term.
INDEFINITE: Final = {"copy": "none", "validity": "indefinite", "reason": "Theo hồ sơ lưu"}
