"""What a unit can be held against: functions over the text, one a concept."""
