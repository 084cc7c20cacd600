"""The paper screen: sheets to write on, what is printed beforehand, and what is typed in from paper."""
