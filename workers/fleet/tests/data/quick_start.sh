curl -X POST http://localhost:8080/api/outreach/segment \
  -H "Content-Type: application/json" \
  -d '{
    "user_id": "user123",
    "prospect_ids": null
  }'

curl -X POST http://localhost:8080/api/outreach/prioritize \
  -H "Content-Type: application/json" \
  -d '{
    "user_id": "user123",
    "min_fit_score": 70,
    "min_referral_capacity": 60,
    "limit": 50
  }'

curl -X POST http://localhost:8080/api/outreach/sequence/generate \
  -H "Content-Type: application/json" \
  -d '{
    "user_id": "user123",
    "prospect_id": "prospect_1",
    "sequence_type": "3-step"
  }'

curl -X POST http://localhost:8080/api/outreach/cadence/weekly \
  -H "Content-Type: application/json" \
  -d '{
    "user_id": "user123",
    "target_connection_requests": 40,
    "target_followups": 30
  }'
