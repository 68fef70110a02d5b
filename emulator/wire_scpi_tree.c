/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/* All commands, in the order of the document. */
#include "wire_scpi.h"

static const struct ws_entry entries[] = {
	{"*IDN?", 0, 0, mr__ws_idn},
	{"*RST", 0, 0, mr__ws_rst},
	{"*CLS", 0, 0, mr__ws_cls},
	{"*OPC", 0, 0, mr__ws_opc},
	{"*OPC?", 0, 0, mr__ws_opc_query},
	{"*ESR?", 0, 0, mr__ws_esr_query},
	{"*ESE", 1, 1, mr__ws_ese},
	{"*ESE?", 0, 0, mr__ws_ese_query},
	{"*SRE", 1, 1, mr__ws_sre},
	{"*SRE?", 0, 0, mr__ws_sre_query},
	{"*STB?", 0, 0, mr__ws_stb_query},
	{"*WAI", 0, 0, mr__ws_wai},
	{"*TST?", 0, 0, mr__ws_tst_query},
	{"SYSTem:ERRor?", 0, 0, mr__ws_error_query},
	{"SYSTem:VERSion?", 0, 0, mr__ws_version_query},
	{"SYSTem:PROTocol?", 0, 0, mr__ws_protocol_query},
	{"SYSTem:CAPability?", 0, 0, mr__ws_capability_query},
	{"SYSTem:COMMunicate:COBS", 1, 1, mr__ws_cobs},
	{"ROUTe:SELect:ALL", 0, 0, mr__ws_select_whole},
	{"ROUTe:SELect:RECT", 4, 4, mr__ws_select_rect},
	{"ROUTe:SELect:LIST", 1, 1, mr__ws_select_list},
	{"ROUTe:SELect:OUTer", 2, 2, mr__ws_select_outer},
	{"ROUTe:SELect", 1, 1, mr__ws_select_channels},
	{"ROUTe:SELect?", 0, 0, mr__ws_select_query},
	{"MEASure:CONDuctance?", 3, 3, mr__ws_conductance_query},
	{"MEASure:STATus?", 0, 0, mr__ws_status_query},
	{"SOURce:PULSe", 6, 6, mr__ws_pulse},
	{"SOURce:PULSe:TRAin", 4, 4, mr__ws_train},
	{"SOURce:PULSe:DONE?", 0, 0, mr__ws_done_query},
	{"SOURce:PROGram?", 4, 4, mr__ws_program_query},
	{"SOURce:DRIVe?", 5, 5, mr__ws_drive_query},
	{"SOURce:TRACe?", 5, 5, mr__ws_trace_query},
	{"SOURce:ARRay:SCHeme", 1, 1, mr__ws_scheme},
	{"SOURce:ARRay:SCHeme?", 0, 0, mr__ws_scheme_query},
	{"SYSTem:TIME?", 0, 0, mr__ws_time_query},
	{"SYSTem:TIME:ADVance", 1, 1, mr__ws_advance},
	{"OUTPut:ENABle", 1, 1, mr__ws_enable},
	{"OUTPut:ENABle?", 0, 0, mr__ws_enable_query},
	{"SOURce:LIMit:VOLTage", 1, 1, mr__ws_limit_voltage},
	{"SOURce:LIMit:VOLTage?", 0, 0, mr__ws_limit_voltage_query},
	{"SOURce:LIMit:CURRent", 1, 1, mr__ws_limit_current},
	{"SOURce:LIMit:CURRent?", 0, 0, mr__ws_limit_current_query},
	{"SOURce:LIMit:LOCK", 0, 0, mr__ws_limit_lock},
	{"SYSTem:WDOG", 1, 1, mr__ws_watchdog},
	{"SYSTem:WDOG?", 0, 0, mr__ws_watchdog_query},
	{"SYSTem:HEARt", 0, 0, mr__ws_heart},
	{"SYSTem:ARM", 1, 1, mr__ws_arm},
	{"FORMing:STARt", 6, 6, mr__ws_form},
	{"FORMing:RESult?", 0, 0, mr__ws_form_query},
	{"ABORt", 0, 0, mr__ws_abort},
	{"OUTPut:SAFE", 0, 0, mr__ws_safe},
};

const struct ws_entry *mr__ws_find(const struct ws_command *c)
{
	for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
		if (mr__ws_matches(entries[i].pattern, c))
			return &entries[i];
	return NULL;
}
