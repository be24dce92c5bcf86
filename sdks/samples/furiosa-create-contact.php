<?php
// A contact for an audience, with PHP's curl.
$request = curl_init('https://crm.example.com/api/v1/contacts');
curl_setopt_array($request, [
    CURLOPT_POST => true,
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_HTTPHEADER => ['Authorization: Bearer fcrm_pk_your_key', 'Content-Type: application/json'],
    CURLOPT_POSTFIELDS => json_encode(['audience_id' => 1, 'email' => 'mira@harbour.example', 'first_name' => 'Mira']),
]);
$contact = json_decode(curl_exec($request), true);
echo json_encode($contact);
