"""What operators are given: the list of figures, a dashboard, rules for alarms."""
