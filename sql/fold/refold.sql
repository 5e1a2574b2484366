-- Forgets the scopes that are folded again.
{{- if not .People}}
INSERT INTO load.unchecked VALUES ('{{.Name}}', 9223372036854775807);
{{- end}}
{{- if eq .Fold "earnings"}}
INSERT INTO load.changed_earnings
SELECT DISTINCT t.creator_id, t.earned_at, t.transaction_order_id FROM fanvue.earnings t {{.ScopeJoin}}
WHERE NOT EXISTS (FROM load.changed_earnings WHERE creator_id IS NULL);
DELETE FROM fanvue.earning_status_changes t {{.ScopeUsing}};
{{- end}}
{{- if eq .Fold "messages"}}
INSERT INTO load.changed_messages
SELECT DISTINCT t.creator_id, t.fan_id, t.message_id, t.sent_at, true FROM fanvue.messages t {{.ScopeJoin}}
WHERE NOT EXISTS (FROM load.changed_messages WHERE creator_id IS NULL);
{{- end}}
{{- if .Suspects}}
DELETE FROM meta.suspects t {{.ScopeUsing}}{{if .ScopeUsing}} AND {{else}} WHERE {{end}}t.stream = '{{.Suspects}}';
{{- end}}
DELETE FROM {{.Target}} t {{.ScopeUsing}}
{{- if .History}};
DELETE FROM {{.Target}}_history t {{.ScopeUsing}}
{{- end}}
