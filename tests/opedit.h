/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Copyright (C) 2026 the memrig authors */

/*
 * Edits of a log through its view op, as if it were a table: for a connection
 * that has run this, UPDATE and DELETE reach the tables behind it. An edited
 * operation gets a form of its own.
 */
#ifndef MR_TESTS_OPEDIT_H
#define MR_TESTS_OPEDIT_H

#define MR_OPEDIT_SQL \
	"CREATE TEMP TRIGGER op_update INSTEAD OF UPDATE ON op BEGIN " \
	"INSERT INTO form(" \
	"composed,survey,kind,selection,row0,col0,n_rows,n_cols," \
	"n_cells,unit,amplitude,width_s,t_rise_s,t_fall_s,count," \
	"compliance,v_read_V,t_int_s,averages,n_levels,n_samples," \
	"target_S,tolerance_S,budget,axis,batch,duration_s,period_s," \
	"name,value,n_effect,status,error,errtext,source,n_data," \
	"packing" \
	") VALUES(" \
	"NEW.composed,NEW.survey,NEW.kind,NEW.selection,NEW.row0," \
	"NEW.col0,NEW.n_rows,NEW.n_cols,NEW.n_cells,NEW.unit," \
	"NEW.amplitude,NEW.width_s,NEW.t_rise_s,NEW.t_fall_s,NEW.count," \
	"NEW.compliance,NEW.v_read_V,NEW.t_int_s,NEW.averages," \
	"NEW.n_levels,NEW.n_samples,NEW.target_S,NEW.tolerance_S," \
	"NEW.budget,NEW.axis,NEW.batch,NEW.duration_s,NEW.period_s," \
	"NEW.name,NEW.value,NEW.n_effect,NEW.status,NEW.error," \
	"NEW.errtext,NEW.source,NEW.n_data,NEW.packing" \
	");" \
	"UPDATE operation SET row=NEW.row,form=last_insert_rowid()," \
	"parent=NEW.parent,t_begin_ns=NEW.t_begin_ns," \
	"t_end_ns=NEW.t_end_ns,wall_begin_ns=NEW.wall_begin_ns," \
	"wall_end_ns=NEW.wall_end_ns,cells=CASE NEW.selection " \
	"WHEN 'outer' THEN CAST(coalesce(NEW.rows,'')||" \
	"coalesce(NEW.cols,'') AS BLOB) ELSE NEW.cells END," \
	"input=NEW.input,result=NEW.result WHERE row=OLD.row; END;" \
	"CREATE TEMP TRIGGER op_delete INSTEAD OF DELETE ON op BEGIN " \
	"DELETE FROM operation WHERE row=OLD.row; END;"

#endif
