"""Spanco: Lead and Opportunity Management for telecom operators (TM Forum ODA component TMFC036)."""
